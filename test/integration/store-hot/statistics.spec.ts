import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { openStore, type Store, settleRow } from "./fixture.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store[Symbol.asyncDispose]());

const statistics = (endpointId = store.endpointId) => store.statistics(endpointId);

describe("an endpoint's statistics", () => {
  it("are the totals, the failures in a row and the last answer", async () => {
    const other = await store.createEndpoint();
    const { endpointId } = store;
    const ids = await store.accepted(7);
    const outcomes = ["SUCCESS", "TIMEOUT", "SUCCESS", "HTTP_5XX", "HTTP_5XX"] as const;
    const rows = outcomes.map((outcome, i) => settleRow({ id: ids[i] as string, endpointId, outcome }));
    rows.splice(2, 0, settleRow({ id: ids[5] as string, endpointId: other, outcome: "DNS" }));
    await store.deliveries.settle(rows);
    expect(await statistics()).toMatchObject({
      attempts: "5",
      succeeded: "2",
      failed: "3",
      consecutive_failures: 2,
      last_success_at: new Date("2026-11-24T10:00:00.137Z"),
      last_failure_at: new Date("2026-11-24T10:00:00.137Z"),
      last_status: 503,
    });
    expect(await statistics(other)).toMatchObject({ attempts: "1", consecutive_failures: 1, last_success_at: null });
    const silent = settleRow({ id: ids[6] as string, endpointId, outcome: "TIMEOUT" });
    silent.attempt.httpStatus = null;
    await store.deliveries.settle([silent]);
    expect(await statistics()).toMatchObject({
      attempts: "6",
      failed: "4",
      consecutive_failures: 3,
      last_status: null,
    });
  });

  it("lose nothing when processes settle at the same time", async () => {
    const endpoints = [store.endpointId, await store.createEndpoint(), await store.createEndpoint()];
    const ids = await store.accepted(240);
    const rows = ids.map((id, i) => settleRow({ id, endpointId: endpoints[i % 3] as string }));
    const batches = [0, 1, 2, 3, 4, 5].map((i) => rows.slice(i * 40, i * 40 + 40));
    await Promise.all(batches.map((batch, i) => store.deliveries.settle(i % 2 ? batch : batch.toReversed())));
    for (const id of endpoints) expect(await statistics(id)).toMatchObject({ attempts: "80", succeeded: "80" });
  });
});
