/** A redelivery is ready a moment after its time, ms: asked too early, the server hands out the one behind it. */
const redeliverySlackMs = 5;
/** Another process may hold the head and die: look again at least this often, ms. */
const longestRestMs = 1000;
/** A head whose time has passed for longer was taken by another process. */
const overdueMs = 100;

/**
 * How fast to ask a retry tier. It holds its messages in due order, so one that is not due says that all behind
 * it are not either: ask one at a time, and not before the head is due. While what comes is due, ask for more
 * and more, up to what fits.
 */
export class RetryPace {
  #batch = 1;
  #restUntil = 0;
  /** When the messages that were sent back are due, ms since the epoch. */
  #sentBack: number[] = [];

  /** When to ask again, ms since the epoch. */
  get restUntil(): number {
    return this.#restUntil;
  }

  /** How many of `free` to ask for now; 0: rest. */
  batch(free: number, now: number): number {
    return now < this.#restUntil ? 0 : Math.min(free, this.#batch);
  }

  /** One came that was due. */
  due(): void {
    this.#batch *= 2;
    this.#restUntil = 0;
  }

  /** One came that is due at `dueAt`, and was sent back. */
  early(dueAt: number, now: number): void {
    this.#sentBack = this.#sentBack.filter((due) => due > now - overdueMs);
    this.#sentBack.push(dueAt);
    this.#batch = 1;
    const head = Math.min(...this.#sentBack) + redeliverySlackMs;
    this.#restUntil = Math.min(Math.max(head, now + redeliverySlackMs), now + longestRestMs);
  }
}
