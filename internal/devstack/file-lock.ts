import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** Runs `work` while no other process that uses the same lock file does. A lock whose process died is taken over. */
export async function whileLocked<T>(lockFile: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (!tryLock(lockFile)) {
    if (Date.now() > deadline)
      throw new Error(`waited ${timeoutMs / 1000} s for process ${holder(lockFile)}, which holds ${lockFile}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
  try {
    return await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

/** Takes the lock for this process; false while another living process holds it. */
export function tryLock(lockFile: string): boolean {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (!isAlive(holder(lockFile))) rmSync(lockFile, { force: true });
    return false;
  }
}

/** The process that holds the lock; undefined when nobody does or it is just being written. */
export function holder(lockFile: string): number | undefined {
  try {
    return Number(readFileSync(lockFile, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
