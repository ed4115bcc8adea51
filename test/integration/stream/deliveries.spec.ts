import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { Received } from "../../../internal/delivery/ports.ts";
import { queues } from "../../../internal/domain/message.ts";
import type { Regions } from "../../../internal/stream/regions.ts";
import { until } from "../../harness/wait.ts";
import { Collector, deliveriesQueue, delivery, publishAll, type StreamFixture, streamFixture } from "./fixture.ts";

let fixture: StreamFixture;
let regions: Regions;
const consuming: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  fixture = await streamFixture();
  regions = fixture.open();
});
afterEach(async () => {
  await Promise.all(consuming.splice(0).map((one) => one.stop()));
});
afterAll(() => fixture.close());

async function consume(intake: { ready(): Promise<void>; onMessage(received: Received): void }, from = regions) {
  const one = await from.consumers.consumeDeliveries("us", intake);
  consuming.push(one);
  return one;
}

describe("first attempts", () => {
  it("come as they were published, with the trace context", async () => {
    const collector = new Collector();
    await consume(collector);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const sent = [delivery({ traceparent }), delivery({ body: Buffer.from([0, 10, 255]), epoch: 3, attempt: 2 })];
    await publishAll(regions, deliveriesQueue, sent);
    await until(() => collector.received.length === 2, { what: "both deliveries" });
    const [first, second] = collector.received.map(({ received }) => received);
    expect(first?.message).toEqual(sent[0]);
    expect(second?.message).toEqual(sent[1]);
    expect(first).toMatchObject({ queue: deliveriesQueue, deliveryCount: 1 });
  });

  it("are stored once when published twice under the same epoch", async () => {
    const collector = new Collector();
    await consume(collector);
    const message = delivery();
    await publishAll(regions, deliveriesQueue, [message, message, { ...message, epoch: 1 }]);
    await until(() => collector.received.length >= 2, { what: "both epochs" });
    expect(collector.received.map(({ received }) => received.message.epoch)).toEqual([0, 1]);
  });

  it("come again after 5 s without a word, and not while somebody says that he works", async () => {
    const collector = new Collector(() => true);
    await consume(collector);
    const [silent, busy] = [delivery(), delivery()];
    await publishAll(regions, deliveriesQueue, [silent, busy]);
    await until(() => collector.received.length === 2, { what: "both deliveries" });
    const working = setInterval(() => collector.received[1]?.received.working(), 1000);
    await until(() => collector.received.length === 3, { what: "the silent one again" });
    clearInterval(working);
    const again = collector.received[2];
    expect(again?.received.message.deliveryId).toBe(silent.deliveryId);
    expect(again?.received.deliveryCount).toBe(2);
    expect((again?.at ?? 0) - (collector.received[0]?.at ?? 0)).toBeGreaterThan(4500);
    for (const { received } of collector.received.slice(1)) received.ack();
    await until(async () => (await regions.inspector.oldest(deliveriesQueue)) === null, { what: "an empty stream" });
  });

  it("are shared by two processes, each to one of them", async () => {
    const [here, there] = [new Collector(), new Collector()];
    await consume(here);
    await consume(there, fixture.open());
    // Who begins a moment earlier than the other might have taken everything.
    const bothWork = async () => {
      await publishAll(regions, deliveriesQueue, [delivery()]);
      return here.received.length > 0 && there.received.length > 0;
    };
    await until(bothWork, { what: "both to be at work" });
    const sent = Array.from({ length: 1000 }, () => delivery());
    await publishAll(regions, deliveriesQueue, sent);
    const ids = new Set(sent.map(({ deliveryId }) => deliveryId));
    const of = (collector: Collector) => collector.ids.filter((id) => ids.has(id));
    await until(() => of(here).length + of(there).length >= 1000, { what: "1,000 deliveries" });
    expect(new Set([...of(here), ...of(there)]).size).toBe(1000);
    expect(of(here).length).toBeGreaterThan(100);
    expect(of(there).length).toBeGreaterThan(100);
  });

  it("wait while the process has no room, and the server is told of those that it holds", async () => {
    let free = () => {};
    const room = new Promise<void>((resolve) => {
      free = resolve;
    });
    const collector = new Collector();
    await consume({ ready: () => room, onMessage: collector.onMessage });
    await publishAll(
      regions,
      deliveriesQueue,
      Array.from({ length: 60 }, () => delivery()),
    );
    // Longer than the server's ack clock: nothing may be handed out twice.
    await new Promise((wake) => setTimeout(wake, 6500));
    expect(collector.received).toHaveLength(0);
    free();
    await until(() => collector.received.length >= 60, { what: "60 deliveries" });
    expect(collector.received.every(({ received }) => received.deliveryCount === 1)).toBe(true);
  });

  it("are all handed over when the process stops: none stays behind in its buffer", async () => {
    const taken = new Collector();
    const stopped = new Promise<void>(() => {});
    const one = await consume({ ready: () => stopped, onMessage: taken.onMessage });
    const other = new Collector();
    await publishAll(
      regions,
      deliveriesQueue,
      Array.from({ length: 200 }, () => delivery()),
    );
    await until(async () => ((await backlog(deliveriesQueue))?.inFlight ?? 0) >= 50, { what: "a full buffer" });
    await one.stop();
    expect(taken.received).toHaveLength(50);
    await consume(other, fixture.open());
    await until(() => other.received.length >= 150, { what: "the other 150" });
    expect(new Set([...taken.ids, ...other.ids]).size).toBe(200);
    expect(other.received.every(({ received }) => received.deliveryCount === 1)).toBe(true);
  });

  it("go on after a message that cannot be read, and after a handler that throws", async () => {
    const collector = new Collector();
    let thrown = false;
    await consume({
      ready: async () => {},
      onMessage(received) {
        if (!thrown) {
          thrown = true;
          received.ack();
          throw new Error("handler broke");
        }
        collector.onMessage(received);
      },
    });
    await publishAll(regions, deliveriesQueue, [delivery(), delivery()]);
    await until(() => collector.received.length === 1, { what: "the second delivery" });
    expect(fixture.errors.at(-1)).toContain("handler broke");
  });
});

async function backlog(queue: string) {
  return (await regions.inspector.backlog("us")).find((one) => one.queue === queue);
}

describe("what a stream refuses", () => {
  it("is refused over an endpoint's bound, while other endpoints have room", async () => {
    const own = fixture.open({
      regions: { small: [fixture.server.url] },
      streams: { maxBytes: 2 ** 20, maxPerEndpoint: 3 },
    });
    const endpointId = delivery().endpointId;
    const publish = (fields: object) =>
      own.publisher.publish(queues.deliveries("small"), delivery({ region: "small", ...fields }));
    for (let i = 0; i < 3; i++) expect(await publish({ endpointId })).toBe("stored");
    expect(await publish({ endpointId })).toBe("refused");
    expect(await publish({})).toBe("stored");
  });

  it("is refused over the stream's bytes, and dead letters then drop the oldest", async () => {
    const own = fixture.open({ regions: { tiny: [fixture.server.url] }, streams: { maxBytes: 100_000 } });
    const body = Buffer.alloc(40_000, 97);
    const publish = () => own.publisher.publish(queues.deliveries("tiny"), delivery({ region: "tiny", body }));
    expect([await publish(), await publish(), await publish()]).toEqual(["stored", "stored", "refused"]);
    for (let i = 0; i < 5; i++) await own.publisher.publishDead(delivery({ region: "tiny", body }), "EXHAUSTED");
    const dead = (await own.inspector.backlog("tiny")).find((one) => one.queue === queues.dead("tiny"));
    expect(dead?.waiting).toBe(2);
  });

  it("is refused when it is larger than the server takes", async () => {
    const body = Buffer.alloc(2 * 2 ** 20, 97);
    expect(await regions.publisher.publish(deliveriesQueue, delivery({ body }))).toBe("refused");
  });

  it("cannot be published into a region that the process does not know", async () => {
    expect(await regions.publisher.publish(queues.deliveries("mars"), delivery({ region: "mars" }))).toBe(
      "unreachable",
    );
    expect(fixture.errors.at(-1)).toContain("region mars is not in this process's settings");
  });
});
