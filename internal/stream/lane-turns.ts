/**
 * Who is served: at most `places` at once, each in its turn. While somebody waits for a place, a place is held for
 * `turnMs` and then given up, so that any number of lanes gets its share.
 */
export class LaneTurns<T> {
  readonly #places: number;
  readonly #turnMs: number;
  /** Who was given something last stands last; the value says when the place is given up if somebody waits. */
  readonly #served = new Map<T, number>();
  readonly #waiting = new Set<T>();

  constructor(places: number, turnMs: number) {
    this.#places = places;
    this.#turnMs = turnMs;
  }

  /** Whether somebody waits for a place. */
  get isCrowded(): boolean {
    return this.#waiting.size > 0;
  }

  /** Asks for a place; nothing changes for one that has it or waits for it. */
  offer(item: T): void {
    if (!this.#served.has(item)) this.#waiting.add(item);
  }

  withdraw(item: T): void {
    this.#served.delete(item);
    this.#waiting.delete(item);
  }

  /** Gives free places to those that wait, after taking them from those whose turn is over. Call it before a round. */
  rotate(now: number): void {
    if (this.#waiting.size > this.#places - this.#served.size) {
      const over = [...this.#served].filter(([, until]) => until <= now).slice(0, this.#waiting.size);
      for (const [item] of over) {
        this.#served.delete(item);
        this.#waiting.add(item);
      }
    }
    for (const item of this.#waiting) {
      if (this.#served.size >= this.#places) return;
      this.#waiting.delete(item);
      this.#served.set(item, now + this.#turnMs);
    }
  }

  /** Those that hold a place, the one that has waited longest first. */
  inOrder(): T[] {
    return [...this.#served.keys()];
  }

  /** It was given something: everybody else comes before it. */
  given(item: T): void {
    const until = this.#served.get(item);
    if (until === undefined) return;
    this.#served.delete(item);
    this.#served.set(item, until);
  }
}
