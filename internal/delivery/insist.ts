import { setTimeout as sleep } from "node:timers/promises";
import { RowError } from "../batching/group-commit.ts";

/** Thrown when the process stops while the record still cannot be written. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/**
 * Writes to the record until it is written: a record that cannot be reached costs time, never a delivery. Waits
 * 50 ms, doubling up to 2 s, between tries. What the record will never take (RowError) is the caller's to handle.
 *
 * @throws Stopped when the signal fires; RowError at once.
 */
export async function insist<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let wait = 50; ; wait = Math.min(wait * 2, 2000)) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof RowError) throw error;
      if (signal.aborted) throw new Stopped("stopped before the record could be written", { cause: error });
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
  }
}
