import type { LaneIntake } from "../delivery/ports.ts";
import type { Uuid } from "../domain/ids.ts";
import type { Taken } from "./taken.ts";

/** The server's ack clock is 5 s. */
const tellEveryMs = 2000;
/** For a message whose endpoint's room went to others for this long: it goes back, so that another pod may have it. */
const longestMs = 5000;
const restMs = 250;

/**
 * What lanes have brought and the worker has no room for yet. Room is known when messages are asked for, but others
 * may have taken it when they come; who came first gets the next room.
 */
export class LaneHand {
  readonly #intake: LaneIntake;
  readonly #onError: (message: string, error: unknown) => void;
  #waiting: { taken: Taken; since: number }[] = [];
  readonly #endpoints = new Map<Uuid, number>();

  constructor(intake: LaneIntake, onError: (message: string, error: unknown) => void) {
    this.#intake = intake;
    this.#onError = onError;
  }

  get size(): number {
    return this.#waiting.length;
  }

  holdsOf(endpointId: Uuid): boolean {
    return this.#endpoints.has(endpointId);
  }

  add(taken: Taken, now: number): void {
    this.#waiting.push({ taken, since: now });
    this.#count(taken, 1);
  }

  /**
   * Hands over what there is room for; true when there may be room for more in the next turn of the event loop. The
   * worker counts a message a moment after it got it, so one turn hands over no more than any endpoint has room for.
   */
  handOver(): boolean {
    let handed = 0;
    this.#waiting = this.#waiting.filter(({ taken }) => {
      if (this.#intake.capacity(taken.message.endpointId) - handed < 1) return true;
      handed++;
      this.#give(taken);
      return false;
    });
    return handed > 0 && this.#waiting.length > 0;
  }

  /** Everything, room or not: the process stops. */
  handOverAll(): void {
    for (const { taken } of this.#waiting.splice(0)) this.#give(taken);
  }

  /** Tells the server of what is held, and gives back what has found no room for long. */
  tick(now: number): void {
    this.#waiting = this.#waiting.filter(({ taken, since }) => {
      if (now - since >= longestMs) {
        taken.later(restMs);
        this.#count(taken, -1);
        return false;
      }
      if (now - taken.toldAt >= tellEveryMs) taken.working();
      return true;
    });
  }

  #give(taken: Taken): void {
    this.#count(taken, -1);
    try {
      this.#intake.onMessage(taken);
    } catch (error) {
      this.#onError(`a delivery of ${taken.queue} could not be taken on`, error);
    }
  }

  #count({ message }: Taken, change: number): void {
    const count = (this.#endpoints.get(message.endpointId) ?? 0) + change;
    if (count > 0) this.#endpoints.set(message.endpointId, count);
    else this.#endpoints.delete(message.endpointId);
  }
}
