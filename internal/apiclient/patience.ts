import { setTimeout as sleep } from "node:timers/promises";
import { ApiRefusal } from "../controller/ports.ts";
import { isPassing } from "../controller/refusal.ts";
import { type Called, whyNot } from "./silence.ts";

/** Between two tries, in ms. */
const pauseMs = 1_000;

export interface Patience {
  api: Called;
  /** `Date.now()` after which nothing is tried again. */
  deadline: number;
  /** Tells that and for what it waits; not the same twice in a row. */
  say: (text: string) => void;
}

/**
 * Does it, and again from its beginning while the API is away; it must bear that.
 * @throws Error when time is up, with what was wrong last; at once whatever waiting does not mend
 */
export async function patiently<T>({ api, deadline, say }: Patience, work: () => Promise<T>): Promise<T> {
  let said = "";
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const waitMs = waitFor(error);
      if (waitMs === undefined) throw error;
      const why = `the API at ${api.url}: ${whyNot(error as ApiRefusal, api)}`;
      if (Date.now() + waitMs > deadline) throw new Error(`time is up, still waiting for ${why}`);
      if (why !== said) say(`waiting for ${why}`);
      said = why;
      await sleep(waitMs);
    }
  }
}

function waitFor(error: unknown): number | undefined {
  if (!(error instanceof ApiRefusal)) return undefined;
  if (isPassing(error)) return Math.max(error.retryAfterMs ?? 0, pauseMs);
  return error.status === "RESOURCE_EXHAUSTED" ? error.retryAfterMs : undefined;
}
