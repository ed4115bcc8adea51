import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

let guard: ChildProcess | undefined;
const guarded = new Set<number>();

/**
 * Ends `pid` with `signal` (after 10 s with SIGKILL) when this process is gone without having called `release`.
 * One small process watches for all; it ends with the last release.
 */
export function endWithThisProcess(pid: number, signal: NodeJS.Signals): void {
  guarded.add(pid);
  tell(`+${pid} ${signal}`);
}

/** `pid` has ended: it is not ours any more. */
export function release(pid: number): void {
  if (!guarded.delete(pid)) return;
  tell(`-${pid}`);
  if (guarded.size > 0) return;
  guard?.stdin?.end();
  guard = undefined;
}

function tell(line: string): void {
  guard ??= startGuard();
  guard.stdin?.write(`${line}\n`);
}

function startGuard(): ChildProcess {
  const program = fileURLToPath(new URL("./guard-process.ts", import.meta.url));
  // Its own process group: it has to survive what ends ours.
  const started = spawn(process.execPath, [program], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  started.on("error", () => {});
  started.stdin?.on("error", () => {});
  started.unref();
  // The handle of a pipe would keep this process alive.
  (started.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return started;
}
