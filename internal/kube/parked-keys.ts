import { type Clock, systemClock } from "./clock.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface ParkedKeysOptions {
  queue: Pick<WorkQueue, "add">;
  clock?: Clock;
  random?: () => number;
}

/**
 * How often one of them is tried, in ms: often enough for people who wait, and far too seldom to keep what comes back from
 * coming back. As a fifth more or less, so that controllers that lost the same thing do not ask for it together.
 */
const tryMs = 5_000;
const jitter = 0.2;

/**
 * Keys that wait for one and the same thing, which is away. That it is away is one fact: one key is tried every few
 * seconds, whatever their number, and when that goes well all of them go back to the queue, whose workers bound how many
 * are worked on at once.
 */
export class ParkedKeys {
  readonly #options: Required<ParkedKeysOptions>;
  /** The next to be tried first. */
  readonly #waiting = new Set<string>();
  readonly #tried = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(options: ParkedKeysOptions) {
    this.#options = { clock: systemClock, random: Math.random, ...options };
  }

  get size(): number {
    return this.#waiting.size + this.#tried.size;
  }

  /** What the key needs is away. */
  add(key: string): void {
    this.leave(key);
    this.#waiting.add(key);
    this.#schedule();
  }

  /** The key went well: when it was one of these, all of them may. Answers how many waited; 0 when it was none of them. */
  release(key: string): number {
    const { size } = this;
    if (!this.#leaves(key)) return 0;
    for (const other of this.#waiting) this.#options.queue.add(other);
    this.clear();
    return size;
  }

  /** The key waits for something else, which says nothing about the others. */
  leave(key: string): void {
    this.#leaves(key);
  }

  /** Nothing waits any more. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting.clear();
    this.#tried.clear();
  }

  #leaves(key: string): boolean {
    return this.#tried.delete(key) || this.#waiting.delete(key);
  }

  #schedule(): void {
    const { clock, random } = this.#options;
    this.#cancel ??= clock.after(tryMs * (1 + jitter * (2 * random() - 1)), () => {
      this.#cancel = undefined;
      this.#try();
    });
  }

  #try(): void {
    const [key] = this.#waiting;
    if (key !== undefined) {
      this.#waiting.delete(key);
      this.#tried.add(key);
      this.#options.queue.add(key);
    }
    if (this.#waiting.size > 0) this.#schedule();
  }
}
