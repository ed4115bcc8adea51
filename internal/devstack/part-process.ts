import { spawn } from "node:child_process";
import { createWriteStream, openSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endWithThisProcess, release } from "./guard.ts";
import type { Running } from "./supervisor.ts";

export interface PartOptions {
  /** A file of cmd/, without its extension. */
  part: string;
  args?: string[];
  env: Record<string, string>;
  logFile: string;
  onLine?: (line: string) => void;
  /** Whether it does its work; asked again and again. */
  isReady: () => Promise<boolean>;
  /** How long that may take. [30 s] */
  startTimeoutMs?: number;
  /** Given up when this is aborted while it starts. */
  stopping?: AbortSignal;
}

const usualStartMs = 30_000;
/** Lines shown when it does not start. */
const shownLines = 20;

/** Where a part's program is: the sources run as they are, a built tree has .js. */
export function partProgram(part: string): string {
  return fileURLToPath(new URL(`../../cmd/${part}${path.extname(import.meta.filename)}`, import.meta.url));
}

/** Starts one of our own programs as a child that outlives neither us nor our end. @throws Error with its last lines. */
export async function startPart(options: PartOptions): Promise<Running> {
  const child = spawn(process.execPath, [partProgram(options.part), ...(options.args ?? [])], {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // The terminal's Ctrl-C is for us alone: we end the parts in the order in which they drain.
    detached: true,
  });
  const log = createWriteStream("", { fd: openSync(options.logFile, "a", 0o600) });
  const lastLines: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      log.write(`${line}\n`);
      lastLines.push(line);
      if (lastLines.length > shownLines) lastLines.shift();
      options.onLine?.(line);
    });
  }
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  child.once("error", (error) => end(error.message));
  child.once("close", (code, signal) => {
    if (child.pid !== undefined) release(child.pid);
    log.end();
    end(signal ?? `exit code ${code}`);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.part} cannot be started: ${await ended}`);
  endWithThisProcess(pid, "SIGTERM");

  let how: string | undefined;
  void ended.then((text) => {
    how = text;
  });
  const stop = async (withinMs: number) => {
    child.kill("SIGTERM");
    const lastResort = setTimeout(() => child.kill("SIGKILL"), withinMs);
    await ended;
    clearTimeout(lastResort);
  };
  const deadline = Date.now() + (options.startTimeoutMs ?? usualStartMs);
  while (!(await options.isReady())) {
    if (how === undefined && Date.now() < deadline && !options.stopping?.aborted) {
      await new Promise((wake) => setTimeout(wake, 20));
      continue;
    }
    if (how === undefined) await stop(1000);
    throw new Error(`${options.part} ended while starting (${how ?? "not ready in time"}):\n${lastLines.join("\n")}`);
  }
  return { pid, ended, stop };
}

/** For programs that serve /readyz. */
export async function answersReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(
    () => undefined,
  );
  await answer?.body?.cancel();
  return answer?.status === 200;
}

/** For programs that only listen. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "localhost", timeout: 2000 });
    const done = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
    socket.once("timeout", () => done(false));
  });
}
