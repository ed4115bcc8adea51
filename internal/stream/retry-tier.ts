import type { Consuming, Intake } from "../delivery/ports.ts";
import { PullLoop } from "./pull-loop.ts";
import type { RegionRoute } from "./region-route.ts";
import { RetryPace } from "./retry-pace.ts";
import type { Taken } from "./taken.ts";

/** One RETRIES stream: what is not due goes back to the server, which hands it out again when it is. */
export class RetryTier implements Consuming {
  readonly #loop: PullLoop;
  readonly #now: () => number;
  readonly #pace = new RetryPace();
  /** Heads that are due in a moment. */
  readonly #kept = new Map<Taken, NodeJS.Timeout>();
  #waking: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(route: RegionRoute, queue: string, intake: Intake, now: () => number) {
    this.#now = now;
    this.#loop = new PullLoop({
      ...route,
      queue,
      intake,
      admits: (taken) => this.#admits(taken),
      pace: { batch: (free) => this.#batch(free), empty: () => this.#pace.empty() },
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#waking);
    for (const [taken, timer] of this.#kept) {
      clearTimeout(timer);
      taken.later(taken.message.dueAt - this.#now());
    }
    await this.#loop.stop();
  }

  #admits(taken: Taken): boolean {
    const { dueAt } = taken.message;
    const now = this.#now();
    if (dueAt <= now) {
      this.#pace.due();
      return true;
    }
    if (this.#pace.early(dueAt, now) === "keep" && !this.#stopping) this.#keep(taken, dueAt - now);
    else taken.later(dueAt - now);
    return false;
  }

  #keep(taken: Taken, milliseconds: number): void {
    const release = () => {
      this.#kept.delete(taken);
      this.#loop.offer(taken);
    };
    // A timer may fire up to a millisecond early.
    this.#kept.set(taken, setTimeout(release, milliseconds + 1));
  }

  #batch(free: number): number {
    const now = this.#now();
    const count = this.#pace.batch(free, now);
    clearTimeout(this.#waking);
    if (count === 0) this.#waking = setTimeout(() => this.#loop.wake(), this.#pace.restUntil - now);
    return count;
  }
}
