import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { Intake } from "../../../internal/delivery/ports.ts";
import { queues } from "../../../internal/domain/message.ts";
import type { Regions } from "../../../internal/stream/regions.ts";
import { until } from "../../harness/wait.ts";
import { Collector, delivery, machineLateness, publishAll, type StreamFixture, streamFixture } from "./fixture.ts";

let fixture: StreamFixture;
let regions: Regions;
const consuming: { stop(): Promise<void> }[] = [];
const tier = (seconds: number) => queues.retries("us", seconds);

beforeAll(async () => {
  fixture = await streamFixture();
  regions = fixture.open();
});
afterEach(async () => {
  await Promise.all(consuming.splice(0).map((one) => one.stop()));
});
afterAll(() => fixture.close());

async function consume(intake: Intake, from = regions) {
  consuming.push(await from.consumers.consumeRetries("us", intake));
}

/** How many times later than the machine itself a retry may come: it goes through the server several times. */
const hops = 5;

/** How late each delivery came, ms, in the order of arrival. */
function lateness(collector: Collector): number[] {
  return collector.received.map(({ received, at }) => at - received.message.dueAt);
}

function percentile(values: number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] as number;
}

describe("retries", () => {
  it("come when they are due, never before, in the order in which they are due", async () => {
    const collector = new Collector();
    await consume(collector);
    const machine = await machineLateness(fixture.server.url);
    const start = Date.now() + 500;
    const sent = Array.from({ length: 40 }, (_, i) => delivery({ dueAt: start + i * 25 }));
    await publishAll(regions, tier(1), sent);
    await until(() => collector.received.length === 40, { what: "40 retries" });
    expect(collector.ids).toEqual(sent.map((message) => message.deliveryId));
    expect(Math.min(...lateness(collector))).toBeGreaterThanOrEqual(0);
    const late = await machine.stop();
    expect(percentile(lateness(collector), 0.5)).toBeLessThan(50 + hops * percentile(late, 0.5));
  });

  it("are on time at 300 a second behind 1,500 that wait for an hour in their own tier", async () => {
    const collector = new Collector();
    const long = fixture.open({ retryTiers: [1, 3600] });
    await consume(collector, long);
    const machine = await machineLateness(fixture.server.url);
    const parked = Array.from({ length: 1500 }, (_, i) => delivery({ dueAt: Date.now() + 3_600_000 + i }));
    await publishAll(long, tier(3600), parked);
    for (let i = 0; i < 20; i++) {
      const batch = Array.from({ length: 30 }, () => delivery({ dueAt: Date.now() + 1000 }));
      await publishAll(long, tier(1), batch);
      await new Promise((wake) => setTimeout(wake, 100));
    }
    await until(() => collector.received.length >= 600, { what: "600 retries" });
    expect(collector.distinct).toBe(600);
    expect(Math.min(...lateness(collector))).toBeGreaterThanOrEqual(0);
    const late = await machine.stop();
    expect(percentile(lateness(collector), 0.5)).toBeLessThan(200 + hops * percentile(late, 0.5));
    expect(percentile(lateness(collector), 0.99)).toBeLessThan(1500 + hops * percentile(late, 0.99));
    const backlog = (await long.inspector.backlog("us")).find((one) => one.queue === tier(3600));
    expect((backlog?.waiting ?? 0) + (backlog?.inFlight ?? 0)).toBe(1500);
    expect(backlog?.inFlight).toBeLessThanOrEqual(1000);
  });

  it("are shared by two processes, and one that stops does not hold up the other", async () => {
    const [here, there] = [new Collector(), new Collector()];
    await consume(here);
    const other = await fixture.open().consumers.consumeRetries("us", there);
    const machine = await machineLateness(fixture.server.url);
    const sent = Array.from({ length: 100 }, (_, i) => delivery({ dueAt: Date.now() + 600 + i * 10 }));
    await publishAll(regions, tier(2), sent);
    await until(() => there.received.length > 5, { what: "some at the second process" });
    await other.stop();
    await until(() => here.received.length + there.received.length >= 100, { what: "100 retries" });
    expect(new Set([...here.ids, ...there.ids]).size).toBe(100);
    expect(percentile(lateness(here), 1)).toBeLessThan(1500 + hops * percentile(await machine.stop(), 1));
  });

  it("are drained quickly when many are overdue", async () => {
    const sent = Array.from({ length: 3000 }, () => delivery({ dueAt: Date.now() - 1000 }));
    const publishedAt = performance.now();
    await publishAll(regions, tier(1), sent);
    const collector = new Collector();
    const started = performance.now();
    await consume(collector);
    await until(() => collector.received.length >= 3000, { what: "3,000 overdue retries" });
    expect(collector.distinct).toBe(3000);
    // Or what a machine takes for it that is slow at publishing them, too.
    expect(performance.now() - started).toBeLessThan(Math.max(5000, 10 * (started - publishedAt)));
  });

  it("of a tier that the schedule no longer has are still served, in time", async () => {
    const before = fixture.open({ retryTiers: [7] });
    const machine = await machineLateness(fixture.server.url);
    const left = delivery({ dueAt: Date.now() + 1500 });
    await publishAll(before, tier(7), [left]);
    const collector = new Collector();
    await consume(collector, fixture.open({ retryTiers: [1] }));
    await until(() => collector.received.length === 1, { what: "the retry of the old tier" });
    expect(collector.ids).toEqual([left.deliveryId]);
    expect(lateness(collector)[0]).toBeLessThan(1200 + hops * percentile(await machine.stop(), 1));
  });
});
