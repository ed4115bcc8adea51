import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { endWithThisProcess, release } from "./guard.ts";

export interface NativeCommand {
  program: string;
  args: string[];
  /** Its output goes to the end of this file. */
  logFile: string;
  /** Asks it to end in good order. */
  stopSignal: NodeJS.Signals;
  uid?: number;
  gid?: number;
}

export interface NativeProcess {
  readonly pid: number;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** In good order; SIGKILL after 15 s. */
  stop(): Promise<void>;
  /** At once, as by a power failure of the process. */
  kill(): Promise<void>;
}

/** Starts a server that is not ours to program; it ends with this process whatever happens to it. */
export async function startNative(command: NativeCommand): Promise<NativeProcess> {
  const log = openSync(command.logFile, "a");
  const child = spawn(command.program, command.args, {
    stdio: ["ignore", log, log],
    // The terminal's Ctrl-C is not for it: whoever started it stops it, in order.
    detached: true,
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  });
  closeSync(log);
  await spawned(child, command.program);
  const pid = child.pid as number;
  endWithThisProcess(pid, command.stopSignal);
  // Only a server under orders keeps its parent alive, not a server that merely runs.
  child.unref();

  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      release(pid);
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null;

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!isRunning()) return;
    child.ref();
    child.kill(signal);
    const lastResort = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(lastResort);
  }
  return { pid, ended, isRunning, stop: () => end(command.stopSignal), kill: () => end("SIGKILL") };
}

function spawned(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => reject(new Error(`cannot start ${program}: ${cause.message}`, { cause })));
  });
}

/** The last lines of a log, for an error message. */
export function tail(file: string, lines = 15): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "(no log)";
  }
}
