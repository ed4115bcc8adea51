/** Another process may hold the head and die: look again at least this often, ms. */
const longestRestMs = 1000;
const shortestRestMs = 10;
/**
 * A head that is due this soon stays in this process, ms: well within the server's ack clock. Sending it back would
 * re-arm the server's redelivery timer to 10 ms later, so with many retries a second it would hardly ever fire.
 */
const keepMs = 1500;

/** What to do with a message that came before it was due. */
export type Early = "keep" | "sendBack";

/**
 * How fast to ask a retry tier. It holds its messages in due order, so one that is not due says that all behind
 * it are not either: ask one at a time, and not before the head is due. While what comes is due, ask for more
 * and more.
 */
export class RetryPace {
  #batch = 1;
  #restUntil = 0;

  /** When to ask again, ms since the epoch. */
  get restUntil(): number {
    return this.#restUntil;
  }

  /** How many of `free` to ask for now; 0: rest. */
  batch(free: number, now: number): number {
    this.#batch = Math.min(this.#batch, free);
    return now < this.#restUntil ? 0 : this.#batch;
  }

  /** One came that was due. */
  due(): void {
    this.#batch *= 2;
    this.#restUntil = 0;
  }

  /** There was nothing more to have. */
  empty(): void {
    this.#batch = 1;
  }

  /** One came that is due at `dueAt`. Of several in one answer the first to be due says when to ask again. */
  early(dueAt: number, now: number): Early {
    const wait = dueAt - now;
    const until = now + Math.min(Math.max(wait, shortestRestMs), longestRestMs);
    this.#restUntil = this.#restUntil > now ? Math.min(this.#restUntil, until) : until;
    this.#batch = 1;
    return wait <= keepMs ? "keep" : "sendBack";
  }
}
