import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { DeliveryMessage } from "../../../internal/domain/message.ts";
import { queues } from "../../../internal/domain/message.ts";
import { openRegions, type Regions } from "../../../internal/stream/regions.ts";
import { startNats } from "../../harness/nats.ts";
import { until } from "../../harness/wait.ts";
import { Collector, deliveriesQueue, delivery, publishAll, type StreamFixture, streamFixture } from "./fixture.ts";

let fixture: StreamFixture;
let regions: Regions;
const consuming: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  fixture = await streamFixture();
});
afterEach(async () => {
  await Promise.all(consuming.splice(0).map((one) => one.stop()));
});
afterAll(() => fixture.close());

/** Publishes what is missing again under the next epoch, as the sweeper does, until every delivery came. */
async function sweepUntilComplete(sent: DeliveryMessage[], collector: Collector): Promise<void> {
  for (let epoch = 1; collector.distinct < sent.length; epoch++) {
    const here = new Set(collector.ids);
    const missing = sent.filter((message) => !here.has(message.deliveryId));
    await Promise.all(missing.map((message) => regions.publisher.publish(deliveriesQueue, { ...message, epoch })));
    await until(() => collector.distinct === sent.length, { what: "all", timeoutMs: 7000 }).catch(() => {});
    if (epoch === 5) throw new Error(`${missing.length} deliveries never came`);
  }
}

describe("NATS that goes away", () => {
  it("may be down when the process starts: everything begins when it is there", async () => {
    await fixture.server.stop();
    const own = fixture.open();
    regions = own;
    const collector = new Collector();
    consuming.push(await own.consumers.consumeDeliveries("us", collector));
    expect(own.isConnected("us")).toBe(false);
    await expect(own.inspector.oldest(deliveriesQueue)).rejects.toThrow(/cannot be reached/);
    const waiting = own.publisher.publish(deliveriesQueue, delivery());
    await fixture.server.start();
    expect(await waiting).toBe("stored");
    await until(() => collector.received.length === 1, { what: "the delivery" });
  });

  it("may be killed and restarted: publishing and consuming go on, and nothing is lost", async () => {
    const collector = new Collector();
    consuming.push(await regions.consumers.consumeDeliveries("us", collector));
    const sent = Array.from({ length: 2000 }, () => delivery());
    const published = Promise.all(
      sent.map(async (message, i) => {
        await new Promise((wake) => setTimeout(wake, i));
        return regions.publisher.publish(deliveriesQueue, message);
      }),
    );
    for (let i = 0; i < 3; i++) {
      await until(() => collector.received.length > 300 * (i + 1), { what: "some deliveries" });
      await fixture.server.kill();
      await fixture.server.start();
    }
    expect(new Set(await published)).toEqual(new Set(["stored"]));
    await until(() => collector.distinct === sent.length, { what: "every delivery" });
    const firsts = collector.received.filter(({ received }) => received.deliveryCount === 1);
    expect(new Set(firsts.map(({ received }) => received.message.deliveryId)).size).toBe(firsts.length);
  });

  it("may lose its store: streams and consumers are made again, and what is published anew arrives", async () => {
    const collector = new Collector();
    consuming.push(
      await regions.consumers.consumeDeliveries("us", collector),
      await regions.consumers.consumeRetries("us", collector),
      await regions.consumers.consumeLanes("us", { capacity: () => 10, onMessage: collector.onMessage }),
    );
    const sent = Array.from({ length: 500 }, () => delivery());
    await publishAll(regions, deliveriesQueue, sent);
    await fixture.server.wipe();
    await fixture.server.start();
    const after = Date.now();
    await sweepUntilComplete(sent, collector);
    const others = [delivery(), delivery()] as const;
    expect(await regions.publisher.publish(queues.retries("us", 2), others[0])).toBe("stored");
    expect(await regions.publisher.publish(queues.lanes("us"), others[1])).toBe("stored");
    await until(() => collector.ids.includes(others[0].deliveryId) && collector.ids.includes(others[1].deliveryId), {
      what: "a retry and a lane delivery after the wipe",
    });
    // Nobody waits for the end of a request for messages that died with the store: that would take 30 s.
    expect(Date.now() - after).toBeLessThan(25_000);
  });

  it("may lose streams while it runs: they are made again at the next publication", async () => {
    const collector = new Collector();
    consuming.push(await regions.consumers.consumeDeliveries("us", collector));
    await publishAll(regions, deliveriesQueue, [delivery()]);
    await until(() => collector.received.length === 1, { what: "the consumer at work" });
    const { connect } = await import("nats");
    const admin = await connect({ servers: fixture.server.url });
    const jsm = await admin.jetstreamManager();
    await jsm.streams.delete(deliveriesQueue);
    await publishAll(regions, deliveriesQueue, [delivery(), delivery()]);
    await until(() => collector.received.length === 3, { what: "deliveries through the new stream" });
    await jsm.consumers.delete(deliveriesQueue, "workers");
    await publishAll(regions, deliveriesQueue, [delivery()]);
    await until(() => collector.received.length === 4, { what: "a delivery through the new consumer" });
    await admin.close();
  });

  it("does not take an ack of a lost stream for one of the new stream", async () => {
    const held = new Collector(() => true);
    consuming.push(await regions.consumers.consumeDeliveries("us", held));
    await publishAll(regions, deliveriesQueue, [delivery(), delivery(), delivery()]);
    await until(() => held.received.length === 3, { what: "three deliveries in hand" });
    const old = held.received.map(({ received }) => received);
    await fixture.server.wipe();
    for (const received of old.slice(0, 1)) received.ack();
    await fixture.server.start();
    await publishAll(regions, deliveriesQueue, [delivery(), delivery(), delivery()]);
    await until(() => held.received.length === 6, { what: "three more" });
    for (const received of old) received.ack();
    const inHand = async () => (await regions.inspector.backlog("us")).find((one) => one.queue === deliveriesQueue);
    await until(async () => ((await inHand())?.inFlight ?? 0) === 3, { what: "three unacked in the new stream" });
    for (const { received } of held.received.slice(3)) received.ack();
    await until(async () => ((await inHand())?.inFlight ?? 1) === 0, { what: "none left" });
  });

  it("in one region leaves the others alone, and answers at once when it lasts", async () => {
    const other = await startNats();
    const both = openRegions({
      regions: { us: [fixture.server.url], eu: [other.url] },
      retryTiers: [1],
      prefetch: 10,
      streams: { maxBytes: 2 ** 20 },
      onError: () => {},
    });
    const collector = new Collector();
    consuming.push(
      await both.consumers.consumeDeliveries("us", collector),
      await both.consumers.consumeDeliveries("eu", collector),
    );
    const toEurope = () => both.publisher.publish(queues.deliveries("eu"), delivery({ region: "eu" }));
    expect(await toEurope()).toBe("stored");
    await other.kill();
    const lost = toEurope();
    const started = Date.now();
    expect(await both.publisher.publish(deliveriesQueue, delivery())).toBe("stored");
    expect(Date.now() - started).toBeLessThan(5000);
    expect(await lost).toBe("unreachable");
    // 10 s, and what a busy machine is late by.
    expect(Date.now() - started).toBeLessThan(15_000);
    const again = Date.now();
    expect(await toEurope()).toBe("unreachable");
    expect(Date.now() - again).toBeLessThan(5000);
    await other.start();
    await until(() => both.isConnected("eu"), { what: "the region back" });
    expect(await toEurope()).toBe("stored");
    // The first may come twice: its ack may have died with the server.
    await until(() => collector.distinct === 3, { what: "three deliveries" });
    await Promise.all(consuming.splice(0).map((one) => one.stop()));
    await both.close();
    await other.stop();
  });
});
