import { createInbox, type Msg, type NatsConnection, nanos, type Subscription } from "nats";
import type { Intake } from "../delivery/ports.ts";
import { Acks } from "./acks.ts";
import type { Connection } from "./connection.ts";
import { drain } from "./drain.ts";
import { receive } from "./receive.ts";
import { sharedConsumer } from "./stream-config.ts";
import type { Taken } from "./taken.ts";
import type { Topology } from "./topology.ts";

export interface PullLoopOptions {
  connection: Connection;
  topology: Topology;
  queue: string;
  /** Messages asked for or waiting in this process at most. */
  prefetch: number;
  intake: Intake;
  onError: (message: string, error: unknown) => void;
  /** Looks at each arrival; false: it has been dealt with and is not handed over. */
  admits?: (taken: Taken) => boolean;
  pace?: Pace;
}

/** How a loop asks when not simply for all that is free. More than one are asked for only if they are there now. */
export interface Pace {
  /** How many of `free` to ask for now; 0: none until `wake`. */
  batch(free: number): number;
  /** Fewer were there. */
  empty(): void;
}

/** A request for messages stands this long; then the next one. */
const expiresMs = 30_000;
/** One that asks only for what is there, as long as others hold as much as they may. */
const impatientMs = 100;
/** The server says this often that it still knows of the request. */
const heartbeatMs = 2000;
/** Nothing heard for this long: the request is lost, or the consumer. */
const silenceMs = 2 * heartbeatMs + 1000;
const tickMs = 500;
/** The server's ack clock is 5 s. */
const tellEveryMs = 2000;

/**
 * Takes messages from a stream's shared consumer and hands them over one by one, for as long as it is not
 * stopped: through restarts of the server, and when the stream or the consumer was lost and had to be made anew.
 * At most one request for messages is open, so what is on its way is known exactly.
 */
export class PullLoop {
  readonly #options: PullLoopOptions;
  readonly #acks = new Acks();
  readonly #buffer: Taken[] = [];
  readonly #forget: (() => void)[];
  readonly #timer: NodeJS.Timeout;
  readonly #handing: Promise<void>;
  #session: NatsConnection | undefined;
  #subscription: Subscription | undefined;
  #inbox = "";
  /** Whether stream and consumer were seen in this session. */
  #sure = false;
  #making = false;
  /** Number of the open request, and how many messages it still brings. */
  #request = 0;
  #coming = 0;
  #heardAt = 0;
  /** Place in the stream of the last one that was handed out for the first time. */
  #furthest = 0;
  #stopping = false;
  #failed = false;
  /** Ends the wait for a message. */
  #arrived: (() => void) | undefined;
  /** Ends the wait for room. */
  #hurry: (() => void) | undefined;

  constructor(options: PullLoopOptions) {
    this.#options = options;
    const { connection } = options;
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#handing = this.#handOver();
    this.#forget = [connection.onUp((session) => this.#open(session)), connection.onDown(() => this.#lose())];
  }

  /** Asks for messages again, after the pace said 0. */
  wake(): void {
    this.#ask();
  }

  /** Hands over one that was not admitted when it arrived. */
  offer(taken: Taken): void {
    this.#buffer.push(taken);
    this.#arrived?.();
  }

  /** Stops taking; resolves when what the server had already handed out has been handed over. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    for (const forget of this.#forget) forget();
    if (this.#subscription && this.#session) await drain(this.#subscription, heartbeatMs);
    this.#arrived?.();
    this.#hurry?.();
    await this.#handing;
  }

  #open(session: NatsConnection): void {
    const inbox = createInbox();
    this.#session = session;
    this.#inbox = inbox;
    this.#subscription = session.subscribe(`${inbox}.*`, { callback: (_error, msg) => this.#hear(msg) });
    void this.#makeSure();
  }

  #lose(): void {
    this.#session = undefined;
    this.#subscription = undefined;
    this.#doubt();
  }

  #doubt(): void {
    this.#sure = false;
    this.#coming = 0;
    this.#acks.shut();
  }

  /** Stream and consumer are there, or are made; then messages are asked for. When it fails, the next tick tries. */
  async #makeSure(): Promise<void> {
    const session = this.#session;
    if (!session || this.#making) return;
    this.#making = true;
    try {
      const generation = await this.#options.topology.ensure(this.#options.queue);
      if (session !== this.#session) return;
      if (generation !== this.#acks.generation) this.#furthest = 0;
      this.#acks.open(session, generation);
      this.#sure = true;
      this.#failed = false;
    } catch (error) {
      if (session === this.#session && !this.#failed) {
        this.#failed = true;
        this.#options.onError(`${this.#options.queue} cannot be read now; trying until it can`, error);
      }
    } finally {
      this.#making = false;
      // A session that came up meanwhile found the door closed.
      if (this.#session && session !== this.#session) void this.#makeSure();
    }
    this.#ask();
  }

  #ask(): void {
    const { queue, prefetch, pace } = this.#options;
    if (!this.#sure || this.#stopping || this.#coming > 0 || !this.#session || this.#session.isClosed()) return;
    const free = prefetch - this.#buffer.length;
    // Not one by one: a request costs as much as a message.
    if (free < Math.max(1, prefetch / 4)) return;
    const wanted = pace ? pace.batch(free) : free;
    if (wanted < 1) return;
    this.#coming = wanted;
    this.#heardAt = Date.now();
    const patient = { batch: wanted, expires: nanos(expiresMs), idle_heartbeat: nanos(heartbeatMs) };
    const impatient = { batch: wanted, expires: nanos(impatientMs), no_wait: true };
    const request = pace && wanted > 1 ? impatient : patient;
    const reply = `${this.#inbox}.${++this.#request}`;
    this.#session.publish(`$JS.API.CONSUMER.MSG.NEXT.${queue}.${sharedConsumer}`, JSON.stringify(request), { reply });
  }

  /** Never throws: the library's reader would stop for good. */
  #hear(msg: Msg): void {
    this.#heardAt = Date.now();
    if (!msg.reply) return this.#hearStatus(msg);
    if (this.#coming > 0) this.#coming--;
    const { queue, admits, onError } = this.#options;
    const taken = receive(queue, msg, this.#acks, onError);
    if (taken) {
      this.#countAgain(taken);
      if (!admits || admits(taken)) this.offer(taken);
    }
    if (this.#coming === 0) this.#ask();
  }

  /**
   * A server that was killed may have forgotten its last handings-out, and counts from 1 again. First ones come in
   * the order of the stream, so one that lies behind another has been handed out before, to this process or another.
   */
  #countAgain(taken: Taken): void {
    if (taken.deliveryCount > 1) return;
    if (taken.sequence <= this.#furthest) taken.deliveryCount = 2;
    else this.#furthest = taken.sequence;
  }

  /** The end of a request, or a sign of life (100). */
  #hearStatus(msg: Msg): void {
    const code = msg.headers?.code ?? 0;
    const isOpen = msg.subject === `${this.#inbox}.${this.#request}`;
    if (code === 100 || !isOpen) return;
    this.#coming = 0;
    if (code === 408 || code === 404) {
      this.#options.pace?.empty();
      this.#ask();
    }
    // The consumer is gone, or moves to another server: look before asking again, at the next tick.
    else this.#doubt();
  }

  #tick(): void {
    const now = Date.now();
    if (this.#session && this.#coming > 0 && now - this.#heardAt > silenceMs) this.#doubt();
    if (this.#session && !this.#sure) void this.#makeSure();
    for (const taken of this.#buffer) if (now - taken.toldAt >= tellEveryMs) taken.working();
  }

  /** The head stays in the buffer while it waits for room, so that the server is told of it. */
  async #handOver(): Promise<void> {
    const { intake, onError, queue } = this.#options;
    while (true) {
      const head = this.#buffer[0];
      if (!head) {
        if (this.#stopping) return;
        await new Promise<void>((resolve) => {
          this.#arrived = resolve;
        });
        continue;
      }
      if (!this.#stopping) {
        await new Promise<void>((resolve) => {
          this.#hurry = resolve;
          intake.ready().then(resolve, resolve);
        });
      }
      this.#buffer.shift();
      try {
        intake.onMessage(head);
      } catch (error) {
        onError(`a delivery of ${queue} could not be taken on`, error);
      }
      this.#ask();
    }
  }
}
