import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { connect, type JetStreamManager, type NatsConnection } from "nats";
import { queues } from "../../../internal/domain/message.ts";
import { until } from "../../harness/wait.ts";
import { deliveriesQueue, delivery, publishAll, type StreamFixture, streamFixture } from "./fixture.ts";

let fixture: StreamFixture;
let admin: NatsConnection;
let jsm: JetStreamManager;

beforeAll(async () => {
  fixture = await streamFixture();
  admin = await connect({ servers: fixture.server.url });
  jsm = await admin.jetstreamManager();
});
afterAll(async () => {
  await admin.close();
  await fixture.close();
});

async function streams(): Promise<string[]> {
  const names: string[] = [];
  for await (const name of jsm.streams.names()) names.push(name);
  return names.sort();
}

describe("the streams of a region", () => {
  it("are made as the settings say, and the server confirms every field", async () => {
    fixture.open({ retryTiers: [60, 300] });
    const wanted = ["DEAD_us", "DELIVERIES_us", "LANES_us", "RETRIES_us_300", "RETRIES_us_60"];
    await until(async () => (await streams()).length === 5, { what: "five streams" });
    expect(await streams()).toEqual(wanted);
    const { config } = await jsm.streams.info(deliveriesQueue);
    expect(config).toMatchObject({
      subjects: ["deliveries.us.*"],
      retention: "workqueue",
      discard: "new",
      discard_new_per_subject: true,
      max_msgs_per_subject: 50_000,
      storage: "file",
      duplicate_window: 120_000_000_000,
    });
    const consumer = await until(() => jsm.consumers.info(deliveriesQueue, "workers").catch(() => undefined), {
      what: "the shared consumer",
    });
    expect(consumer.config).toMatchObject({ ack_wait: 5_000_000_000, max_deliver: -1, max_ack_pending: 20_000 });
    expect(consumer.config.backoff).toBeUndefined();
    const retries = await until(() => jsm.consumers.info("RETRIES_us_60", "workers").catch(() => undefined), {
      what: "the shared consumer of a tier",
    });
    expect(retries.config.max_ack_pending).toBe(1000);
    expect((await jsm.streams.info("DEAD_us")).config).toMatchObject({ retention: "limits", discard: "old" });
    expect(fixture.errors).toEqual([]);
  });

  it("follow the settings when they change, also the consumers", async () => {
    fixture.open({ streams: { maxBytes: 32 * 2 ** 20, maxPerEndpoint: 70, maxAckPending: 777 } });
    await until(async () => (await jsm.streams.info(deliveriesQueue)).config.max_msgs_per_subject === 70, {
      what: "the new bound per endpoint",
    });
    await until(async () => (await jsm.consumers.info(deliveriesQueue, "workers")).config.max_ack_pending === 777, {
      what: "the new bound of the consumer",
    });
    expect((await jsm.streams.info(deliveriesQueue)).config.max_bytes).toBe(32 * 2 ** 20);
    expect(fixture.errors).toEqual([]);
  });

  it("that differ in what cannot be changed are named, with both values", async () => {
    await jsm.streams.delete("LANES_us");
    await jsm.streams.add({
      name: "LANES_us",
      subjects: ["lanes.us.*"],
      max_consumers: 7,
      retention: "workqueue" as never,
    });
    fixture.open();
    await until(() => fixture.errors.find((error) => error.includes("LANES_us differs")), { what: "the report" });
    expect(fixture.errors.join()).toContain("max_consumers is 7, should be 2000");
  });
});

describe("what the inspector sees", () => {
  it("is the oldest message that waits, and none when all are acked", async () => {
    const regions = fixture.open({ regions: { eu: [fixture.server.url] } });
    const queue = queues.deliveries("eu");
    const endpointId = delivery().endpointId;
    expect(await regions.inspector.oldest("RETRIES_nowhere_1").catch((error: Error) => error.message)).toContain(
      "region nowhere is not in this process's settings",
    );
    await until(() => regions.isConnected("eu"), { what: "the connection" });
    expect(await regions.inspector.oldest(queue)).toBeNull();
    expect(await regions.inspector.oldest(queues.retries("eu", 12345))).toBeNull();
    expect(await regions.inspector.oldestInLane("eu", endpointId)).toBeNull();

    const before = Date.now();
    await publishAll(regions, queue, [delivery({ region: "eu" })]);
    const between = Date.now();
    // What waits is told apart by its age: the second is younger by some milliseconds.
    await until(() => Date.now() > between + 2, { what: "the next milliseconds" });
    await publishAll(regions, queue, [delivery({ region: "eu" })]);
    await publishAll(regions, queues.lanes("eu"), [delivery({ region: "eu" }), delivery({ region: "eu", endpointId })]);
    const first = (await regions.inspector.oldest(queue)) as Date;
    expect(first.getTime()).toBeGreaterThanOrEqual(before - 1);
    expect(first.getTime()).toBeLessThanOrEqual(between + 1);
    expect(await regions.inspector.oldestInLane("eu", endpointId)).toBeInstanceOf(Date);
    expect(await regions.inspector.oldestInLane("eu", delivery().endpointId)).toBeNull();

    const held: { ack(): void }[] = [];
    const consuming = await regions.consumers.consumeDeliveries("eu", {
      ready: async () => {},
      onMessage: (received) => held.push(received),
    });
    await until(() => held.length === 2, { what: "both deliveries" });
    held[0]?.ack();
    await until(async () => ((await regions.inspector.oldest(queue)) as Date) > first, {
      what: "the second as oldest",
    });
    const backlog = await regions.inspector.backlog("eu");
    expect(backlog.find((one) => one.queue === queue)).toMatchObject({ waiting: 0, inFlight: 1 });
    expect(backlog.find((one) => one.queue === queues.lanes("eu"))).toMatchObject({ waiting: 2, inFlight: 0 });
    held[1]?.ack();
    await until(async () => (await regions.inspector.oldest(queue)) === null, { what: "an empty stream" });
    await consuming.stop();
  });
});
