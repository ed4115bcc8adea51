import type { StreamInspector } from "../delivery/ports.ts";
import type { Uuid } from "../domain/ids.ts";
import { queues } from "../domain/message.ts";
import { apiErrors, unless } from "./api-error.ts";
import type { Connection } from "./connection.ts";
import { parseQueue, type QueueName, subjectOf } from "./names.ts";
import { sharedConsumer } from "./stream-config.ts";
import type { Topology } from "./topology.ts";

/** What a stream holds, for metrics. */
export interface Backlog {
  queue: string;
  kind: QueueName["kind"];
  /** Not handed out yet. */
  waiting: number;
  /** Handed out and not acked, or sent back until due; 0 for LANES and DEAD, whose messages all count as waiting. */
  inFlight: number;
  bytes: number;
  /** The size at which it takes no more; DEAD drops its oldest messages instead. */
  maxBytes: number;
  /** When the oldest message was stored; null when there is none. */
  oldest: Date | null;
}

export interface InspectorRoute {
  connection: Connection;
  topology: Topology;
}

/** Looks into the regions' streams without taking anything. */
export class Inspector implements StreamInspector {
  readonly #routes: ReadonlyMap<string, InspectorRoute>;

  constructor(routes: ReadonlyMap<string, InspectorRoute>) {
    this.#routes = routes;
  }

  async oldest(queue: string): Promise<Date | null> {
    return (await this.#look(queue))?.oldest ?? null;
  }

  async oldestInLane(region: string, endpointId: Uuid): Promise<Date | null> {
    const queue = queues.lanes(region);
    return this.#first(region, queue, { next_by_subj: subjectOf(queue, endpointId) });
  }

  /**
   * What each stream of a region holds: two small requests a stream, cheap enough for every 5 s.
   * @throws Error when the region's server cannot be asked.
   */
  async backlog(region: string): Promise<Backlog[]> {
    const { topology } = this.#route(region);
    const names = new Set([...topology.wanted(), ...(await topology.retryQueues())]);
    const looks = await Promise.all([...names].map((queue) => this.#look(queue)));
    return looks.filter((look) => look !== undefined);
  }

  /**
   * By the shared consumer where there is one: nats-server 2.9 keeps messages in a work queue that were acked
   * before a SIGKILL, so the stream's own count and first message may be ghosts.
   */
  async #look(queue: string): Promise<Backlog | undefined> {
    const { kind, region } = parseQueue(queue);
    const jsm = await this.#route(region).connection.manager();
    const asksConsumer = kind === "deliveries" || kind === "retries";
    const [info, consumer] = await Promise.all([
      unless(jsm.streams.info(queue), apiErrors.streamNotFound),
      asksConsumer
        ? unless(jsm.consumers.info(queue, sharedConsumer), apiErrors.consumerNotFound, apiErrors.streamNotFound)
        : undefined,
    ]);
    if (!info) return undefined;
    const { messages, bytes, first_seq: firstSeq, first_ts: firstTime } = info.state;
    const none = { queue, kind, waiting: 0, inFlight: 0, bytes, maxBytes: info.config.max_bytes, oldest: null };
    if (messages === 0) return none;
    if (!consumer) return { ...none, waiting: messages, oldest: new Date(firstTime) };
    const { num_pending: waiting, num_ack_pending: inFlight, ack_floor: floor } = consumer;
    if (waiting + inFlight === 0) return none;
    const oldest =
      floor.stream_seq < firstSeq
        ? new Date(firstTime)
        : await this.#first(region, queue, { seq: floor.stream_seq + 1, next_by_subj: ">" });
    return { ...none, waiting, inFlight, oldest };
  }

  /** When the first message that fits was stored. */
  async #first(region: string, queue: string, query: { seq?: number; next_by_subj: string }): Promise<Date | null> {
    const jsm = await this.#route(region).connection.manager();
    const message = await unless(
      jsm.streams.getMessage(queue, query as Parameters<typeof jsm.streams.getMessage>[1]),
      apiErrors.messageNotFound,
      apiErrors.streamNotFound,
    );
    return message ? message.time : null;
  }

  #route(region: string): InspectorRoute {
    const route = this.#routes.get(region);
    if (!route) throw new Error(`region ${region} is not in this process's settings: add its NATS address`);
    return route;
  }
}
