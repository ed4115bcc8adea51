import { mkdirSync } from "node:fs";
import path from "node:path";
import { type NativeCommand, type NativeProcess, startNative, tail } from "./native-process.ts";

export interface NativeServerOptions {
  name: string;
  command: NativeCommand;
  /** Whether it does its work; asked again and again. */
  isReady: () => Promise<boolean>;
  /** How long a start may take, in ms. */
  timeoutMs: number;
}

/** A server of the machine that can be ended and started again, with the same command. */
export interface NativeServer {
  readonly pid: number;
  isRunning(): boolean;
  /** Resolves when the running server ends, with how. */
  ended(): Promise<string>;
  /** Resolves when it is ready. @throws Error with the end of its log. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Stops its clock (SIGSTOP), as a machine that hangs does, until `resume`. */
  pause(): void;
  resume(): void;
}

/** Starts a server; resolves when it is ready. @throws Error with the end of its log. */
export async function startNativeServer(options: NativeServerOptions): Promise<NativeServer> {
  const { name, command, isReady, timeoutMs } = options;
  let running: NativeProcess;

  async function start(): Promise<void> {
    mkdirSync(path.dirname(command.logFile), { recursive: true });
    running = await startNative(command);
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline && running.isRunning()) {
      if (await isReady()) return;
      await new Promise((wake) => setTimeout(wake, 20));
    }
    await running.kill();
    throw new Error(`${name} did not start; the end of its log (${command.logFile}):\n${tail(command.logFile)}`);
  }
  await start();

  return {
    get pid() {
      return running.pid;
    },
    isRunning: () => running.isRunning(),
    ended: () => running.ended,
    start,
    stop: () => running.stop(),
    kill: () => running.kill(),
    pause: () => void process.kill(running.pid, "SIGSTOP"),
    resume: () => void process.kill(running.pid, "SIGCONT"),
  };
}
