import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "nats";
import type { Received } from "../../../internal/delivery/ports.ts";
import { newUuid, type Uuid } from "../../../internal/domain/ids.ts";
import { type DeliveryMessage, queues } from "../../../internal/domain/message.ts";
import { openRegions, type Regions, type RegionsOptions } from "../../../internal/stream/regions.ts";
import { type NatsServer, startNats } from "../../harness/nats.ts";

/** A NATS server with one region on it, and everything a test opens ended by `close`. */
export interface StreamFixture {
  server: NatsServer;
  errors: string[];
  /** Another process's view of the same regions. */
  open(options?: Partial<RegionsOptions>): Regions;
  close(): Promise<void>;
}

export async function streamFixture(): Promise<StreamFixture> {
  const server = await startNats();
  const opened: Regions[] = [];
  const errors: string[] = [];
  return {
    server,
    errors,
    open(options) {
      const regions = openRegions({
        regions: { us: [server.url] },
        retryTiers: [1, 2],
        prefetch: 50,
        streams: { maxBytes: 64 * 2 ** 20 },
        onError: (message, error) => errors.push(`${message}: ${String(error)}`),
        ...options,
      });
      opened.push(regions);
      return regions;
    },
    async close() {
      await Promise.all(opened.map((regions) => regions.close()));
      await server.stop();
    },
  };
}

export function delivery(fields: Partial<DeliveryMessage> = {}): DeliveryMessage {
  return {
    deliveryId: newUuid(),
    endpointId: newUuid(),
    eventId: newUuid(),
    region: "us",
    attempt: 1,
    epoch: 0,
    dueAt: Date.now(),
    body: Buffer.from('{"hello":"world"}'),
    ...fields,
  };
}

export const deliveriesQueue = queues.deliveries("us");

/** Publishes all and expects the stream to store each. @throws Error otherwise. */
export async function publishAll(regions: Regions, queue: string, messages: DeliveryMessage[]): Promise<void> {
  const outcomes = await Promise.all(messages.map((message) => regions.publisher.publish(queue, message)));
  const failed = outcomes.filter((outcome) => outcome !== "stored");
  if (failed.length > 0) throw new Error(`${failed.length} of ${messages.length} were not stored: ${failed[0]}`);
}

/**
 * What this machine is late by while a test runs, ms: a timer of 20 ms and a word to the server and back, again and
 * again, until `stop` answers all of them in order of size.
 */
export async function machineLateness(url: string): Promise<{ stop(): Promise<number[]> }> {
  const connection = await connect({ servers: url });
  const late: number[] = [];
  let running = true;
  const measuring = (async () => {
    while (running) {
      const due = Date.now() + 20;
      await sleep(20);
      await connection.flush();
      late.push(Date.now() - due);
    }
  })();
  return {
    async stop() {
      running = false;
      await measuring;
      await connection.close();
      return late.sort((a, b) => a - b);
    },
  };
}

/** An intake that notes what it gets and acks it, unless `hold` says to keep it. */
export class Collector {
  readonly received: { received: Received; at: number }[] = [];
  readonly #hold: (received: Received) => boolean;

  constructor(hold: (received: Received) => boolean = () => false) {
    this.#hold = hold;
  }

  ready = async (): Promise<void> => {};

  onMessage = (received: Received): void => {
    this.received.push({ received, at: Date.now() });
    if (!this.#hold(received)) received.ack();
  };

  get ids(): Uuid[] {
    return this.received.map(({ received }) => received.message.deliveryId);
  }

  /** How many different deliveries came. */
  get distinct(): number {
    return new Set(this.ids).size;
  }
}
