import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { type NativeProcess, startNative, tail } from "./native-process.ts";
import type { NativeServer } from "./native-server.ts";

export interface NatsOptions {
  /** The nats-server program. */
  program: string;
  /** Made when it is missing; holds `jetstream/`, `nats.conf` and `nats.log`. */
  storeDir: string;
  port: number;
}

/** Starts again on the same port, with what the store holds. */
export interface NatsServer extends Omit<NativeServer, "pause" | "resume"> {
  readonly url: string;
  readonly port: number;
  readonly storeDir: string;
  /** Deletes the store; a server that runs is killed first. `start` then brings back an empty one. */
  wipe(): Promise<void>;
}

/** Recovering a store of 10,000 consumers takes 24 s (facts: jetstream). */
const startTimeoutMs = 60_000;

/** Starts a nats-server with JetStream on 127.0.0.1. */
export async function startNatsServer(options: NatsOptions): Promise<NatsServer> {
  const storeDir = path.resolve(options.storeDir);
  const configFile = path.join(storeDir, "nats.conf");
  const logFile = path.join(storeDir, "nats.log");
  let running: NativeProcess;

  async function start(): Promise<void> {
    mkdirSync(storeDir, { recursive: true });
    const name = `sealpost-${process.pid}-${options.port}-${Date.now()}`;
    writeFileSync(configFile, config(name, options.port, storeDir));
    running = await startNative({ program: options.program, args: ["-c", configFile], logFile, stopSignal: "SIGTERM" });
    await untilReady(running, options.port, name, logFile);
  }
  await start();

  return {
    url: `nats://127.0.0.1:${options.port}`,
    port: options.port,
    storeDir,
    get pid() {
      return running.pid;
    },
    isRunning: () => running.isRunning(),
    ended: () => running.ended,
    start,
    stop: () => running.stop(),
    kill: () => running.kill(),
    async wipe() {
      await running.kill();
      rmSync(path.join(storeDir, "jetstream"), { recursive: true, force: true });
    },
  };
}

/** The byte bounds of the streams are reserved from max_file_store; the default, 3/4 of the free disk, may be less. */
const config = (name: string, port: number, storeDir: string) => `server_name: ${JSON.stringify(name)}
listen: "127.0.0.1:${port}"
jetstream: { store_dir: ${JSON.stringify(storeDir)}, max_file_store: 1TB, max_memory_store: 1GB }
`;

/** Ready when the server of this name greets on the port: another server there is not ours. */
async function untilReady(server: NativeProcess, port: number, name: string, logFile: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && server.isRunning()) {
    if ((await greeting(port))?.includes(name)) return;
    await new Promise((wake) => setTimeout(wake, 10));
  }
  await server.kill();
  throw new Error(`nats-server did not start; the end of its log (${logFile}):\n${tail(logFile)}`);
}

/** The INFO line that a nats-server sends first, or undefined when nobody answers. */
function greeting(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: 1000 });
    const done = (text?: string) => {
      socket.destroy();
      resolve(text);
    };
    socket.once("data", (data) => done(data.toString()));
    socket.once("error", () => done());
    socket.once("timeout", () => done());
    socket.once("close", () => done());
  });
}
