import { setTimeout as sleep } from "node:timers/promises";
import { RowError } from "../batching/group-commit.ts";
import { DomainError } from "../domain/errors.ts";

/** Thrown when the process stops while the record does not answer. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** What trying again will not change: a row that cannot be stored, a secret that cannot be opened. */
function isFinal(error: unknown): boolean {
  if (error instanceof DomainError) return error.status !== "UNAVAILABLE" && error.status !== "RESOURCE_EXHAUSTED";
  return error instanceof RowError;
}

/**
 * Asks the record until it answers: a record that cannot be reached costs time, never a delivery. Waits 50 ms,
 * doubling up to 2 s, between tries.
 *
 * @throws Stopped when the signal fires; at once what trying again will not change.
 */
export async function insist<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let wait = 50; ; wait = Math.min(wait * 2, 2000)) {
    try {
      return await ask();
    } catch (error) {
      if (isFinal(error)) throw error;
      if (signal.aborted) throw new Stopped("stopped before the record answered", { cause: error });
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
  }
}
