import { setTimeout as sleep } from "node:timers/promises";
import { queues } from "../domain/message.ts";
import type { HandOver } from "./hand-over.ts";
import type { DeliveryObserver } from "./observer.ts";
import type { StreamInspector, SweepRecord } from "./ports.ts";

export interface SweeperOptions {
  record: SweepRecord;
  inspector: StreamInspector;
  handOver: HandOver;
  observer: DeliveryObserver;
  onError: (message: string, error: unknown) => void;
  /** How often to look, ms. */
  intervalMs: number;
  /** A delivery may be missing from its stream this long before it counts as lost, ms: a publish is given up
   *  after 10 s, the rest is clock skew. */
  graceMs: number;
}

/** Deliveries taken from Postgres at once. */
const page = 500;
/** Looking for what the broker lost reads every stream: this many times less often than looking for what is due. */
const lostEvery = 5;
/** Pages of lost deliveries a stream may give back in one look, so that what is due is not kept waiting. */
const lostPages = 20;

/**
 * Publishes what only Postgres holds and what the broker has lost. One process per region does it at a time; any
 * other takes over when that one stops or cannot reach the region's streams.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[] = [];

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Sweeps a region until `stop`. */
  serve(region: string): void {
    this.#loops.push(this.#run(region));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
  }

  async #run(region: string): Promise<void> {
    const { record, intervalMs, onError } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        await record.whileSweeper(region, (held) =>
          this.#sweepWhile(region, AbortSignal.any([held, this.#stop.signal])),
        );
      } catch (error) {
        if (!this.#stop.signal.aborted) onError(`the sweeper of region ${region} gave up its turn`, error);
      }
      await sleep(intervalMs, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  async #sweepWhile(region: string, signal: AbortSignal): Promise<void> {
    for (let turn = 0; !signal.aborted; turn++) {
      // Throws when the region's streams cannot be read: somebody who can shall sweep.
      await this.#options.inspector.oldest(queues.deliveries(region));
      if (turn % lostEvery === 0) await this.#reclaim(region, signal);
      await this.#publishDue(region, signal);
      await this.#options.record.endDeleted(region, page);
      this.#options.observer.sweep(region);
      await sleep(this.#options.intervalMs, undefined, { signal }).catch(() => {});
    }
  }

  /** Page by page until nothing is due, or the stream takes no more. */
  async #publishDue(region: string, signal: AbortSignal): Promise<void> {
    const { record, handOver, observer } = this.#options;
    const queue = queues.deliveries(region);
    while (!signal.aborted) {
      const due = await record.takeDue(region, queue, page);
      const stored = await Promise.all(due.map((message) => handOver.publish(message, queue)));
      const count = stored.filter(Boolean).length;
      if (count > 0) observer.swept(region, "due", count);
      if (due.length < page || count < due.length) return;
    }
  }

  async #reclaim(region: string, signal: AbortSignal): Promise<void> {
    const { record, inspector, graceMs } = this.#options;
    for (const queue of await record.queuesInUse(region)) {
      if (queue === queues.lanes(region)) {
        const before = new Date(Date.now() - graceMs);
        for (const endpointId of await record.laneEndpoints(queue, before, page)) {
          const oldest = await inspector.oldestInLane(region, endpointId);
          await this.#pages(region, signal, oldest, (until) => record.reclaimLane(queue, endpointId, until, page));
        }
      } else {
        const oldest = await inspector.oldest(queue);
        await this.#pages(region, signal, oldest, (until) => record.reclaim(queue, until, page));
      }
    }
  }

  /** What was published well before the oldest message that is there is not waiting behind it: it is lost. */
  async #pages(
    region: string,
    signal: AbortSignal,
    oldest: Date | null,
    reclaim: (enqueuedBefore: Date) => Promise<number>,
  ): Promise<void> {
    const until = new Date((oldest?.getTime() ?? Date.now()) - this.#options.graceMs);
    for (let i = 0; i < lostPages && !signal.aborted; i++) {
      const count = await reclaim(until);
      if (count > 0) this.#options.observer.swept(region, "lost", count);
      if (count < page) return;
    }
  }
}
