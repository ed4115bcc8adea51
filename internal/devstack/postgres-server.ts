import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type NativeProcess, startNative, tail } from "./native-process.ts";
import type { NativeServer } from "./native-server.ts";
import { type PostgresBinaries, type PostgresUser, postgresBinaries, postgresUser } from "./postgres-binaries.ts";

export interface PostgresOptions {
  /** Made when it is missing; holds `data/`, `password` and `postgres.log`. */
  folder: string;
  port: number;
  /** More settings, e.g. `{ fsync: "off" }`. */
  settings?: Record<string, string>;
}

export interface PostgresServer extends Omit<NativeServer, "pause" | "resume"> {
  readonly url: string;
  readonly port: number;
}

const user = "sealpost";
/** Two orders of magnitude above what a start takes; a crash recovery may take long. */
const startTimeoutMs = 60_000;

/** Starts a Postgres of our own on 127.0.0.1, with an empty database `sealpost` the first time. */
export async function startPostgresServer(options: PostgresOptions): Promise<PostgresServer> {
  const runAs = postgresUser();
  const binaries = await postgresBinaries(runAs);
  const folder = path.resolve(options.folder);
  const data = path.join(folder, "data");
  const logFile = path.join(folder, "postgres.log");
  mkdirSync(folder, { recursive: true });
  if (runAs) chownSync(folder, runAs.uid, runAs.gid);
  const password = await initialise(folder, data, binaries, runAs);
  let running: NativeProcess;

  async function start(): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    for (;;) {
      try {
        return await startOnce();
      } catch (error) {
        // After a kill the server's own children take a moment to notice, and hold its memory until then.
        if (!/pre-existing shared memory/.test((error as Error).message) || Date.now() > deadline) throw error;
        await new Promise((wake) => setTimeout(wake, 100));
      }
    }
  }
  async function startOnce(): Promise<void> {
    const settings = {
      listen_addresses: "127.0.0.1",
      port: String(options.port),
      unix_socket_directories: "",
      max_connections: "200",
      ...options.settings,
    };
    const args = ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
    running = await startNative({ program: binaries.postgres, args, logFile, stopSignal: "SIGINT", ...runAs });
    await untilReady(running, path.join(data, "postmaster.pid"), logFile);
  }
  await start();

  return {
    url: `postgresql://${user}:${password}@127.0.0.1:${options.port}/sealpost`,
    port: options.port,
    get pid() {
      return running.pid;
    },
    isRunning: () => running.isRunning(),
    ended: () => running.ended,
    start,
    stop: () => running.stop(),
    kill: () => running.kill(),
  };
}

/** Makes the cluster the first time; answers its password. */
async function initialise(
  folder: string,
  data: string,
  binaries: PostgresBinaries,
  runAs: PostgresUser | undefined,
): Promise<string> {
  const passwordFile = path.join(folder, "password");
  if (existsSync(passwordFile) && existsSync(path.join(data, "PG_VERSION"))) return readFileSync(passwordFile, "utf8");
  // An initdb that was interrupted leaves a folder that Postgres refuses.
  rmSync(data, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  const password = randomBytes(18).toString("base64url");
  const unfinished = `${passwordFile}.new`;
  writeFileSync(unfinished, password, { mode: 0o600 });
  if (runAs) chownSync(unfinished, runAs.uid, runAs.gid);
  const access = ["--auth=scram-sha-256", `--username=${user}`, `--pwfile=${unfinished}`];
  const initdb = ["-D", data, "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions", ...access];
  await run(binaries.initdb, initdb, runAs);
  const createDatabase = `create database ${user};\n`;
  await run(binaries.postgres, ["--single", "-F", "-D", data, "postgres"], runAs, createDatabase);
  // Written last: its presence says that the cluster is whole.
  writeFileSync(passwordFile, password, { mode: 0o600 });
  rmSync(unfinished, { force: true });
  return password;
}

function run(program: string, args: string[], runAs: PostgresUser | undefined, input = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { cwd: path.parse(program).root, ...runAs }, (error, stdout, stderr) => {
      if (error)
        reject(new Error(`${path.basename(program)} failed: ${stderr.trim() || error.message}\n${stdout}`.trim()));
      else resolve();
    });
    child.stdin?.end(input);
  });
}

/** Postgres writes its state into the last line of postmaster.pid. */
async function untilReady(server: NativeProcess, pidFile: string, logFile: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && server.isRunning()) {
    if (existsSync(pidFile)) {
      const lines = readFileSync(pidFile, "utf8").split("\n");
      if (Number(lines[0]) === server.pid && lines[7]?.trim() === "ready") return;
    }
    await new Promise((wake) => setTimeout(wake, 10));
  }
  await server.kill();
  throw new Error(`Postgres did not start; the end of its log (${logFile}):\n${tail(logFile)}`);
}
