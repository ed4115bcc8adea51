import { type Clock, systemClock } from "./clock.ts";
import { type KubeObserver, silent } from "./observer.ts";

export interface WorkQueueOptions {
  /** For metrics: the controller's name. */
  name: string;
  clock?: Clock;
  observer?: Pick<KubeObserver, "queued" | "requeued" | "taken">;
  /** Waits of a key that fails again and again, in ms: doubling from the first to the longest. */
  backoff?: { firstMs: number; longestMs: number };
}

/** controller-runtime starts with 5 ms; what fails for long is looked at every 5 minutes, like a resync. */
const defaultBackoff = { firstMs: 5, longestMs: 300_000 };

/** A worker that waits for a key. */
type Taker = (key: string | undefined) => void;

/**
 * Keys that want work. A key is in it once, however often it was added; it is with one worker at a time, and what is
 * added meanwhile comes again when that one is done. What fails comes back later and later.
 */
export class WorkQueue {
  readonly #options: Required<WorkQueueOptions>;
  /** In the order of their coming, with when they came. */
  readonly #ready = new Map<string, number>();
  /** With a worker, since when; true: it was added again meanwhile. */
  readonly #working = new Map<string, { since: number; again: boolean }>();
  /** Due later: what takes the timer back. */
  readonly #appointments = new Map<string, { dueAt: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #takers: Taker[] = [];
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = { clock: systemClock, observer: silent, backoff: defaultBackoff, ...options };
  }

  /** How many keys wait for a worker; those that are due later are not counted. */
  get depth(): number {
    return this.#ready.size;
  }

  /** ms that workers have been at what they have in hand: of all together, and of the longest. */
  get unfinished(): { totalMs: number; longestMs: number } {
    const now = this.#options.clock.now();
    const each = [...this.#working.values()].map(({ since }) => now - since);
    return { totalMs: each.reduce((sum, ms) => sum + ms, 0), longestMs: Math.max(0, ...each) };
  }

  /** Wants work on this key now. */
  add(key: string): void {
    if (this.#closed) return;
    const working = this.#working.get(key);
    if (working) {
      working.again = true;
    } else if (!this.#ready.has(key)) {
      this.#options.observer.queued(this.#options.name);
      this.#ready.set(key, this.#options.clock.now());
      this.#handOut();
    }
  }

  /** Wants work on this key in `ms`, or before when something else wants it: work done makes appointments void. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) return this.add(key);
    const dueAt = this.#options.clock.now() + ms;
    const standing = this.#appointments.get(key);
    if (standing && standing.dueAt <= dueAt) return;
    standing?.cancel();
    const cancel = this.#options.clock.after(ms, () => {
      this.#appointments.delete(key);
      this.add(key);
    });
    this.#appointments.set(key, { dueAt, cancel });
  }

  /** After a failure: wants work on this key later, and later still the next time. Answers in how many ms. */
  retry(key: string): number {
    const { firstMs, longestMs } = this.#options.backoff;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const ms = Math.min(firstMs * 2 ** failures, longestMs);
    this.#options.observer.requeued(this.#options.name);
    this.addAfter(key, ms);
    return ms;
  }

  /** The key is well, or will not be helped by trying: its next failure counts as the first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key has failed in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, when there is one; `done` must follow. Undefined: the queue is closed. */
  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#handOut();
    });
  }

  /** The worker has finished with the key, well or not. */
  done(key: string): void {
    const working = this.#working.get(key);
    this.#working.delete(key);
    if (working?.again) this.add(key);
    if (this.#working.size === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  /** Takes nothing more and gives nothing more out; resolves when the last worker is done. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { cancel } of this.#appointments.values()) cancel();
    this.#appointments.clear();
    this.#ready.clear();
    this.#handOut();
    if (this.#working.size > 0) await new Promise<void>((wake) => this.#idle.push(wake));
  }

  #handOut(): void {
    if (this.#closed) for (const taker of this.#takers.splice(0)) taker(undefined);
    while (this.#takers.length > 0) {
      const [next] = this.#ready;
      if (!next) return;
      const [key, since] = next;
      const now = this.#options.clock.now();
      this.#ready.delete(key);
      this.#appointments.get(key)?.cancel();
      this.#appointments.delete(key);
      this.#working.set(key, { since: now, again: false });
      this.#options.observer.taken(this.#options.name, now - since);
      this.#takers.shift()?.(key);
    }
  }
}
