import type { Uuid } from "../domain/ids.ts";
import { laneInactiveMs } from "./stream-config.ts";

/** After a request that brought something but not all it asked for, ms. */
const shortestRestMs = 20;
/** What was there is in other hands: ask ever less often. */
const longestRestMs = 5000;
/** Empty requests in a row after which a lane gives up its place. */
const patience = 3;
/** The consumer is taken as gone this long before the server would remove it. */
const marginMs = 10_000;

/** One endpoint's lane as this process sees it. */
export class Lane {
  readonly endpointId: Uuid;
  /** Messages in the stream when last looked, those in flight included, less those acked since. */
  waiting = 0;
  /** Number of the open request; 0 when there is none. */
  request = 0;
  requestedAt = 0;
  restUntil = 0;
  #asked = 0;
  #coming = 0;
  #empty = 0;
  #openUntil = 0;

  constructor(endpointId: Uuid) {
    this.endpointId = endpointId;
  }

  /** So many messages of it are in the stream; more than before means that something new waits. */
  found(count: number): void {
    if (count > this.waiting) {
      this.restUntil = 0;
      this.#empty = 0;
    }
    this.waiting = count;
  }

  /** Whether the server has the lane's consumer, as far as this process knows. */
  isOpen(now: number): boolean {
    return now < this.#openUntil;
  }

  /** Whether its place is better given to others: at once to those that wait, else when it was asked in vain for long. */
  mayLeave(crowded: boolean): boolean {
    return crowded ? this.#coming > 0 : this.#empty >= patience;
  }

  opened(now: number): void {
    this.#openUntil = now + laneInactiveMs - marginMs;
  }

  /** The consumer may be gone: make it again before the next request. */
  lost(): void {
    this.#openUntil = 0;
    this.request = 0;
  }

  requested(request: number, messages: number, now: number): void {
    this.request = request;
    this.requestedAt = now;
    this.#asked = messages;
    this.#coming = messages;
    this.opened(now);
  }

  /** One message came; true: it was the last of the open request. */
  received(): boolean {
    if (this.request === 0) return false;
    this.#coming--;
    return this.#coming <= 0;
  }

  /** The open request has ended. */
  ended(now: number): void {
    const got = this.#asked - this.#coming;
    this.request = 0;
    this.#empty = got > 0 ? 0 : this.#empty + 1;
    if (this.#coming <= 0) this.restUntil = 0;
    else this.restUntil = now + Math.min(shortestRestMs * 2 ** (2 * this.#empty), longestRestMs);
  }

  /** One of its messages was acked: there is room for another. */
  acked(): void {
    this.waiting--;
    this.restUntil = 0;
    this.#empty = 0;
  }
}
