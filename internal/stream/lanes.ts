import { createInbox, type Msg, type NatsConnection, nanos, type Subscription } from "nats";
import type { Consuming, LaneIntake } from "../delivery/ports.ts";
import type { Uuid } from "../domain/ids.ts";
import { queues } from "../domain/message.ts";
import { Acks } from "./acks.ts";
import { apiErrorCode, apiErrors, unless } from "./api-error.ts";
import { drain } from "./drain.ts";
import { Lane } from "./lane.ts";
import { LaneHand } from "./lane-hand.ts";
import { LaneTurns } from "./lane-turns.ts";
import { subjectOf, subjectPrefix } from "./names.ts";
import { receive } from "./receive.ts";
import type { RegionRoute } from "./region-route.ts";
import { laneConsumer, laneConsumerConfig, type StreamOptions } from "./stream-config.ts";

export interface LaneOptions extends RegionRoute {
  streams: StreamOptions;
  /** Lanes that this process serves at once; more take turns. */
  maxOpen?: number;
  /** How often to look which endpoints have something waiting, ms. */
  lookEveryMs?: number;
}

/** Requests open at once. They are answered within `requestMs`, most of them at once. */
const maxRequests = 32;
const maxBatch = 16;
/** How long a request waits for a message, or for an ack that makes room under the lane's bound. */
const requestMs = 100;
/** nats-server 2.9 does not answer when the consumer is gone. */
const silenceMs = 1500;
const turnMs = 5000;
const tickMs = 50;
/** With more than this in hand that found no room, nothing is asked for. */
const maxInHand = 32;

/**
 * Serves the slow lane of a region fairly by endpoint: each endpoint with something waiting has a short-lived
 * consumer of its own, which all pods share, and they take turns.
 */
export class Lanes implements Consuming {
  readonly #options: LaneOptions;
  readonly #intake: LaneIntake;
  readonly #queue: string;
  readonly #acks = new Acks();
  readonly #hand: LaneHand;
  readonly #lanes = new Map<Uuid, Lane>();
  readonly #turns: LaneTurns<Lane>;
  readonly #forget: (() => void)[];
  readonly #timer: NodeJS.Timeout;
  #session: NatsConnection | undefined;
  #subscription: Subscription | undefined;
  #inbox = "";
  #requests = 0;
  #requestNumber = 0;
  #looking = false;
  #lookAt = 0;
  #kicked = false;
  #stopping = false;

  constructor(options: LaneOptions, intake: LaneIntake) {
    this.#options = options;
    this.#intake = intake;
    this.#hand = new LaneHand(intake, options.onError);
    this.#queue = queues.lanes(options.topology.region);
    this.#turns = new LaneTurns(options.maxOpen ?? 1000, turnMs);
    this.#timer = setInterval(() => this.#tick(), tickMs);
    const { connection } = options;
    this.#forget = [connection.onUp((session) => this.#open(session)), connection.onDown(() => this.#lose())];
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    for (const forget of this.#forget) forget();
    if (this.#subscription && this.#session) await drain(this.#subscription, silenceMs);
    this.#hand.handOverAll();
  }

  #open(session: NatsConnection): void {
    this.#session = session;
    this.#inbox = createInbox();
    this.#subscription = session.subscribe(`${this.#inbox}.*.*`, { callback: (_error, msg) => this.#hear(msg) });
    this.#lookAt = 0;
    this.#tick();
  }

  #lose(): void {
    this.#session = undefined;
    this.#subscription = undefined;
    this.#acks.shut();
    this.#requests = 0;
    // The consumers live in the server's memory, and it may have been restarted.
    for (const lane of this.#lanes.values()) lane.lost();
  }

  #tick(): void {
    const now = Date.now();
    for (const lane of this.#lanes.values()) {
      if (lane.request === 0 || now - lane.requestedAt < silenceMs) continue;
      this.#ended(lane);
      lane.lost();
    }
    this.#hand.tick(now);
    if (now >= this.#lookAt) void this.#look();
    this.#serve();
  }

  /** Finds out which endpoints have something waiting. */
  async #look(): Promise<void> {
    const session = this.#session;
    if (!session || this.#looking) return;
    this.#looking = true;
    const started = Date.now();
    try {
      const jsm = await this.#options.connection.manager();
      const filter = { subjects_filter: `${subjectPrefix(this.#queue)}*` };
      const info = await unless(jsm.streams.info(this.#queue, filter), apiErrors.streamNotFound);
      if (!info) await this.#options.topology.ensure(this.#queue);
      else if (session === this.#session) {
        if (this.#acks.generation !== String(info.created) || !this.#acks.isOpen) this.#known(session, info.created);
        this.#found(info.state.subjects ?? {});
      }
    } catch (error) {
      if (session === this.#session) this.#options.onError(`${this.#queue} cannot be read now`, error);
    } finally {
      this.#looking = false;
      // A long list costs the server and this process time: at most a tenth of it.
      this.#lookAt = Date.now() + Math.max(this.#options.lookEveryMs ?? 500, 10 * (Date.now() - started));
    }
  }

  #known(session: NatsConnection, created: unknown): void {
    this.#acks.open(session, String(created));
    for (const lane of this.#lanes.values()) lane.lost();
    this.#requests = 0;
  }

  #found(subjects: Record<string, number>): void {
    const prefix = subjectPrefix(this.#queue).length;
    const now = Date.now();
    for (const [subject, count] of Object.entries(subjects)) {
      const lane = this.#lane(subject.slice(prefix));
      lane.found(count);
      if (now >= lane.restUntil) this.#turns.offer(lane);
    }
    for (const lane of this.#lanes.values()) {
      if (subjects[subjectOf(this.#queue, lane.endpointId)] || lane.request !== 0) continue;
      this.#turns.withdraw(lane);
      this.#lanes.delete(lane.endpointId);
    }
    this.#serve();
  }

  #lane(endpointId: Uuid): Lane {
    let lane = this.#lanes.get(endpointId);
    if (!lane) {
      lane = new Lane(endpointId);
      this.#lanes.set(endpointId, lane);
    }
    return lane;
  }

  /** One round: whoever has room and is not resting is asked for. */
  #serve(): void {
    if (this.#stopping) return;
    if (this.#hand.handOver()) this.#kick();
    if (!this.#acks.isOpen) return;
    const now = Date.now();
    this.#turns.rotate(now);
    for (const lane of this.#turns.inOrder()) {
      if (this.#requests >= maxRequests || this.#hand.size >= maxInHand) return;
      if (lane.request !== 0 || now < lane.restUntil || this.#hand.holdsOf(lane.endpointId)) continue;
      const room = Math.min(this.#intake.capacity(lane.endpointId), maxBatch);
      if (room < 1) continue;
      this.#turns.given(lane);
      void this.#ask(lane, room);
    }
  }

  async #ask(lane: Lane, room: number): Promise<void> {
    const { connection, streams, onError } = this.#options;
    const session = this.#session;
    if (!session || session.isClosed()) return;
    this.#requests++;
    const request = ++this.#requestNumber;
    const wasOpen = lane.isOpen(Date.now());
    lane.requested(request, room, Date.now());
    if (!wasOpen) {
      try {
        const jsm = await connection.manager();
        const config = laneConsumerConfig(this.#queue, lane.endpointId, streams);
        await unless(jsm.consumers.add(this.#queue, config), apiErrors.consumerExists);
      } catch (error) {
        if (session !== this.#session || lane.request !== request) return;
        this.#ended(lane);
        lane.lost();
        // At the server's bound it waits until consumers of lanes that nobody serves have gone.
        if (apiErrorCode(error) !== apiErrors.maximumConsumers) {
          onError(`the lane of endpoint ${lane.endpointId} cannot be served now`, error);
        }
        return;
      }
      if (session !== this.#session || session.isClosed() || lane.request !== request) return;
      lane.requested(request, room, Date.now());
    }
    const payload = { batch: room, no_wait: true, expires: nanos(requestMs) };
    session.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${this.#queue}.${laneConsumer(lane.endpointId)}`,
      JSON.stringify(payload),
      { reply: `${this.#inbox}.${lane.endpointId}.${request}` },
    );
  }

  /** Never throws: the library's reader would stop for good. */
  #hear(msg: Msg): void {
    if (!msg.reply) return this.#hearStatus(msg);
    const lane = this.#lane(msg.subject.slice(subjectPrefix(this.#queue).length));
    const taken = receive(this.#queue, msg, this.#acks, this.#options.onError, () => this.#acked(lane.endpointId));
    if (taken) {
      this.#hand.add(taken, Date.now());
      this.#kick();
    }
    if (lane.received()) this.#ended(lane);
  }

  #hearStatus(msg: Msg): void {
    const [endpointId, request] = msg.subject.slice(this.#inbox.length + 1).split(".");
    const lane = this.#lanes.get(endpointId ?? "");
    if (!lane || String(lane.request) !== request) return;
    this.#ended(lane);
    const code = msg.headers?.code;
    if (code === 503 || code === 409) lane.lost();
  }

  #ended(lane: Lane): void {
    this.#requests--;
    lane.ended(Date.now());
    if (lane.mayLeave(this.#turns.isCrowded)) this.#turns.withdraw(lane);
    this.#kick();
  }

  #acked(endpointId: Uuid): void {
    const lane = this.#lanes.get(endpointId);
    lane?.acked();
    if (lane && lane.waiting > 0) this.#turns.offer(lane);
    this.#kick();
  }

  /** Serves again soon: many acks of one turn of the event loop are one round. */
  #kick(): void {
    if (this.#kicked || this.#stopping) return;
    this.#kicked = true;
    setImmediate(() => {
      this.#kicked = false;
      this.#serve();
    });
  }
}
