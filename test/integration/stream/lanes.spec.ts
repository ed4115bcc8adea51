import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { LaneIntake, Received } from "../../../internal/delivery/ports.ts";
import { newUuid, type Uuid } from "../../../internal/domain/ids.ts";
import { queues } from "../../../internal/domain/message.ts";
import type { Regions } from "../../../internal/stream/regions.ts";
import { until } from "../../harness/wait.ts";
import { delivery, publishAll, type StreamFixture, streamFixture } from "./fixture.ts";

let fixture: StreamFixture;
let regions: Regions;
const consuming: { stop(): Promise<void> }[] = [];
const lanes = queues.lanes("us");

beforeAll(async () => {
  fixture = await streamFixture();
  regions = fixture.open();
});
afterEach(async () => {
  await Promise.all(consuming.splice(0).map((one) => one.stop()));
});
afterAll(() => fixture.close());

/** A worker that makes attempts of a given length, with a cap per endpoint and one for all. */
class SlowWorker implements LaneIntake {
  readonly done: { endpointId: Uuid; deliveryId: Uuid; at: number }[] = [];
  readonly #inFlight = new Map<Uuid, number>();
  readonly #attemptMs: (endpointId: Uuid) => number;
  readonly #cap: number;
  readonly #all: number;
  readonly highest = new Map<Uuid, number>();
  #total = 0;

  constructor(attemptMs: (endpointId: Uuid) => number, cap = 4, all = 100) {
    this.#attemptMs = attemptMs;
    this.#cap = cap;
    this.#all = all;
  }

  capacity = (endpointId: Uuid) => Math.min(this.#cap - (this.#inFlight.get(endpointId) ?? 0), this.#all - this.#total);

  onMessage = (received: Received) => {
    const { endpointId, deliveryId } = received.message;
    this.#count(endpointId, 1);
    const working = setInterval(() => received.working(), 2000);
    setTimeout(() => {
      clearInterval(working);
      this.#count(endpointId, -1);
      this.done.push({ endpointId, deliveryId, at: Date.now() });
      received.ack();
    }, this.#attemptMs(endpointId));
  };

  get distinct(): number {
    return new Set(this.done.map((one) => one.deliveryId)).size;
  }

  doneFor(endpointId: Uuid): number {
    return this.done.filter((one) => one.endpointId === endpointId).length;
  }

  #count(endpointId: Uuid, change: number): void {
    const now = (this.#inFlight.get(endpointId) ?? 0) + change;
    this.#total += change;
    this.#inFlight.set(endpointId, now);
    this.highest.set(endpointId, Math.max(now, this.highest.get(endpointId) ?? 0));
  }
}

async function consume(worker: LaneIntake, from = regions) {
  consuming.push(await from.consumers.consumeLanes("us", worker));
}

const many = (count: number, endpointId: Uuid) => Array.from({ length: count }, () => delivery({ endpointId }));

describe("the slow lane", () => {
  it("drains an endpoint that has become quick at full speed", async () => {
    const endpointId = newUuid();
    const publishedAt = performance.now();
    await publishAll(regions, lanes, many(2000, endpointId));
    const worker = new SlowWorker(() => 2, 16);
    const started = performance.now();
    await consume(worker);
    await until(() => worker.distinct === 2000, { what: "2,000 deliveries" });
    // Or what a machine takes for it that is slow at publishing them, too.
    expect(performance.now() - started).toBeLessThan(Math.max(6000, 10 * (started - publishedAt)));
    expect(worker.highest.get(endpointId)).toBeLessThanOrEqual(16);
  });

  it("serves 50 endpoints alike, and a quick one among the slow at its own speed", async () => {
    const slow = Array.from({ length: 50 }, () => newUuid());
    const quick = newUuid();
    // The slow ones take long while the quick one has work: it must not wait for any of them.
    const worker: SlowWorker = new SlowWorker(
      (endpointId) => {
        if (endpointId === quick) return 2;
        return worker.doneFor(quick) < 300 ? 3000 : 400;
      },
      2,
      110,
    );
    await consume(worker);
    await publishAll(
      regions,
      lanes,
      slow.flatMap((endpointId) => many(20, endpointId)),
    );
    await publishAll(regions, lanes, many(300, quick));
    await until(() => worker.doneFor(quick) === 300, { what: "the quick endpoint's 300" });
    const counts = slow.map((endpointId) => worker.doneFor(endpointId));
    await until(() => worker.distinct === 1300, { what: "all 1,300" });
    // 20 deliveries of 3 s, two at a time, would take 30 s; the quick one is done long before.
    expect(Math.max(...counts)).toBeLessThan(20);
    // When the first of the slow ones is through, every other has had its share.
    const through = new Map<Uuid, number>();
    for (const { endpointId } of worker.done) {
      if (endpointId === quick) continue;
      const done = (through.get(endpointId) ?? 0) + 1;
      through.set(endpointId, done);
      if (done === 20) break;
    }
    expect(Math.min(...slow.map((endpointId) => through.get(endpointId) ?? 0))).toBeGreaterThanOrEqual(10);
    expect(Math.max(...worker.highest.values())).toBeLessThanOrEqual(2);
  });

  it("gives every endpoint its turn when only few lanes may be open", async () => {
    const own = fixture.open({ maxOpenLanes: 5 });
    const endpoints = Array.from({ length: 12 }, () => newUuid());
    const worker = new SlowWorker(() => 200, 1);
    await publishAll(
      regions,
      lanes,
      endpoints.flatMap((endpointId) => many(60, endpointId)),
    );
    await consume(worker, own);
    // 60 deliveries of 200 ms take 12 s: nobody is through before everybody has had a turn of 5 s.
    await until(() => endpoints.every((endpointId) => worker.doneFor(endpointId) > 0), {
      what: "a delivery of each endpoint",
    });
    expect(Math.max(...endpoints.map((endpointId) => worker.doneFor(endpointId)))).toBeLessThan(60);
    await Promise.all(consuming.splice(0).map((one) => one.stop()));
    const rest = new SlowWorker(() => 1, 16);
    await consume(rest);
    await until(() => worker.distinct + rest.distinct >= 12 * 60, { what: "the rest" });
  });

  it("has one bound per endpoint for all processes together", async () => {
    const endpointId = newUuid();
    const [here, there] = [new SlowWorker(() => 300, 16), new SlowWorker(() => 300, 16)];
    await publishAll(regions, lanes, many(64, endpointId));
    await consume(here);
    await consume(there, fixture.open());
    await until(() => here.distinct + there.distinct >= 64, { what: "64 deliveries" });
    expect(new Set([...here.done, ...there.done].map((one) => one.deliveryId)).size).toBe(64);
    const span = Math.max(...[...here.done, ...there.done].map((one) => one.at));
    const first = Math.min(...[...here.done, ...there.done].map((one) => one.at));
    // 64 attempts, 16 at a time, are four rounds of 300 ms: the last ends 900 ms after the first.
    expect(span - first).toBeGreaterThan(800);
  });

  it("takes nothing for an endpoint without room, and begins when there is room", async () => {
    const endpointId = newUuid();
    let room = 0;
    const worker = new SlowWorker(() => 1, 16);
    await publishAll(regions, lanes, many(20, endpointId));
    await consume({ capacity: (id) => Math.min(room, worker.capacity(id)), onMessage: worker.onMessage });
    await new Promise((wake) => setTimeout(wake, 1200));
    expect(worker.done).toHaveLength(0);
    room = 16;
    await until(() => worker.distinct === 20, { timeoutMs: 10_000, what: "20 deliveries" });
  });

  it("goes on after the server was killed", async () => {
    const endpoints = Array.from({ length: 5 }, () => newUuid());
    const worker = new SlowWorker(() => 20, 2);
    await consume(worker);
    await publishAll(
      regions,
      lanes,
      endpoints.flatMap((endpointId) => many(60, endpointId)),
    );
    await until(() => worker.distinct > 100, { what: "the first 100" });
    await fixture.server.kill();
    await fixture.server.start();
    await until(() => worker.distinct === 300, { what: "all 300" });
  });
});
