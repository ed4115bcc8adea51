import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { newUuid } from "../../../internal/domain/ids.ts";
import { until } from "../../harness/wait.ts";
import { openStore, type Store, settleRow } from "./fixture.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store[Symbol.asyncDispose]());

async function setEndpoint(status: "ACTIVE" | "DISABLED"): Promise<void> {
  await store.record.query("update webhook_endpoints set status = $2 where id = $1", [store.endpointId, status]);
}

describe("handing a delivery over", () => {
  it("to another stream raises its epoch; its attempts and its due time stay", async () => {
    const id = await store.acceptedOne();
    const row = { deliveryId: id, epoch: 0, queue: "LANES_us" };
    expect(await store.deliveries.handOver([row])).toEqual([{ epoch: 1 }]);
    expect(await store.job(id)).toMatchObject({ queue: "LANES_us", epoch: 1, status: "PENDING", due_at: null });
    expect(await store.deliveries.handOver([row])).toEqual([undefined]);
  });

  it("to Postgres makes it due now, or not before a time, or later if it was due later", async () => {
    const [now, rested, retry] = (await store.accepted(3)) as [string, string, string];
    const later = new Date(Date.now() + 3_600_000);
    const soon = new Date(Date.now() + 600_000);
    const next = { status: "RETRY_SCHEDULED", dueAt: later, queue: "RETRIES_us_3600" } as const;
    await store.deliveries.settle([settleRow({ id: retry, endpointId: store.endpointId, outcome: "HTTP_5XX", next })]);
    await store.deliveries.handOver([
      { deliveryId: now, epoch: 0, queue: null },
      { deliveryId: rested, epoch: 0, queue: null, notBefore: soon },
      { deliveryId: retry, epoch: 1, queue: null, notBefore: soon },
    ]);
    expect((await store.job(now)).due_at?.getTime()).toBeLessThanOrEqual(Date.now());
    expect(await store.job(rested)).toMatchObject({ queue: null, due_at: soon });
    expect(await store.job(retry)).toMatchObject({ queue: null, due_at: later, epoch: 2 });
  });

  it("is refused when the delivery is finished, gone, or somebody else's", async () => {
    const [finished, moved] = (await store.accepted(2)) as [string, string];
    await store.deliveries.settle([settleRow({ id: finished, endpointId: store.endpointId })]);
    const rows = [finished, moved, newUuid()].map((deliveryId) => ({ deliveryId, epoch: 0, queue: "LANES_us" }));
    expect(await store.deliveries.handOver(rows)).toEqual([undefined, { epoch: 1 }, undefined]);
    expect(await store.deliveries.handOver(rows)).toEqual([undefined, undefined, undefined]);
  });

  it("twice in a batch goes to the first", async () => {
    const id = await store.acceptedOne();
    const rows = ["LANES_us", "DELIVERIES_us"].map((queue) => ({ deliveryId: id, epoch: 0, queue }));
    expect(await store.deliveries.handOver(rows)).toEqual([{ epoch: 1 }, undefined]);
    expect(await store.job(id)).toMatchObject({ queue: "LANES_us" });
  });

  it("of a message that was handed out before records the attempt that may have died, once", async () => {
    const [first, tried] = (await store.accepted(2)) as [string, string];
    await store.deliveries.settle([settleRow({ id: tried, endpointId: store.endpointId, outcome: "HTTP_5XX" })]);
    await store.deliveries.handOver([
      { deliveryId: first, epoch: 0, queue: "LANES_us", redelivered: true },
      { deliveryId: tried, epoch: 1, queue: "LANES_us", redelivered: true },
    ]);
    expect(await store.numbersAndOutcomes(first)).toEqual(["1 UNKNOWN"]);
    expect(await store.job(first)).toMatchObject({ attempt_count: 1, epoch: 1, status: "PENDING" });
    expect(await store.numbersAndOutcomes(tried)).toEqual(["1 HTTP_5XX"]);
    expect(await store.job(tried)).toMatchObject({ attempt_count: 1, epoch: 2 });
  });
});

describe("holding a delivery", () => {
  const hold = (deliveryId: string, epoch = 0) => ({ deliveryId, epoch, reason: "ENDPOINT_DISABLED" as const });

  it("gives it to Postgres while its endpoint is disabled; its status stays", async () => {
    const [first, retry, finished] = (await store.accepted(3)) as [string, string, string];
    await store.deliveries.settle([
      settleRow({ id: retry, endpointId: store.endpointId, outcome: "HTTP_5XX" }),
      settleRow({ id: finished, endpointId: store.endpointId }),
    ]);
    await setEndpoint("DISABLED");
    const due = (await store.job(retry)).due_at;
    expect(await store.deliveries.hold([hold(first), hold(retry, 1), hold(finished), hold(newUuid())])).toEqual([
      "held",
      "held",
      "stale",
      "stale",
    ]);
    expect(await store.job(first)).toMatchObject({
      status: "PENDING",
      queue: null,
      epoch: 1,
      held_reason: "ENDPOINT_DISABLED",
      due_at: expect.any(Date),
    });
    expect(await store.job(retry)).toMatchObject({ status: "RETRY_SCHEDULED", queue: null, epoch: 2, due_at: due });
    expect(await store.deliveries.hold([hold(first)])).toEqual(["stale"]);
  });

  it("is refused when the endpoint is active, for each endpoint by itself", async () => {
    const disabled = await store.createEndpoint();
    await store.record.query("update webhook_endpoints set status = 'DISABLED' where id = $1", [disabled]);
    const row = store.row({ endpointIds: [store.endpointId, disabled] });
    await store.events.accept([row]);
    expect(await store.deliveries.hold(row.deliveries.map(({ id }) => hold(id)))).toEqual(["active", "held"]);
    expect(await store.job(row.deliveries[0]?.id as string)).toMatchObject({ queue: "DELIVERIES_us", epoch: 0 });
  });

  it("keeps what belongs to a deleted endpoint, which will be ended", async () => {
    const id = await store.acceptedOne();
    await store.record.query("update webhook_endpoints set deleted_at = now() where id = $1", [store.endpointId]);
    expect(await store.deliveries.hold([hold(id)])).toEqual(["held"]);
  });

  it("waits for an enable that is under way, and is refused then", async () => {
    const id = await store.acceptedOne();
    await setEndpoint("DISABLED");
    const other = new pg.Client({ connectionString: store.url });
    await other.connect();
    try {
      await other.query("begin");
      await other.query("update webhook_endpoints set status = 'ACTIVE' where id = $1", [store.endpointId]);
      const held = store.deliveries.hold([hold(id)]);
      await until(
        async () =>
          (
            await store.record.query(
              "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
            )
          ).length > 0,
        { what: "the hold to wait" },
      );
      await other.query("commit");
      expect(await held).toEqual(["active"]);
      expect(await store.job(id)).toMatchObject({ queue: "DELIVERIES_us", epoch: 0, held_reason: null });
    } finally {
      await other.end();
    }
  });

  it("never leaves a delivery held behind an enable that was answered, however they meet", async () => {
    for (let round = 0; round < 20; round++) {
      const id = await store.acceptedOne();
      await setEndpoint("DISABLED");
      const [[outcome]] = await Promise.all([store.deliveries.hold([hold(id)]), setEndpoint("ACTIVE")]);
      // Held before the enable: then the delivery is Postgres' and due, so a sweep after the enable finds it.
      const job = await store.job(id);
      if (outcome === "held") expect(job).toMatchObject({ queue: null, epoch: 1, due_at: expect.any(Date) });
      else expect(job).toMatchObject({ queue: "DELIVERIES_us", epoch: 0 });
    }
  });

  it("records the attempt that may have died with a message that was handed out before", async () => {
    const id = await store.acceptedOne();
    await setEndpoint("DISABLED");
    await store.deliveries.hold([{ ...hold(id), redelivered: true }]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 UNKNOWN"]);
    expect(await store.job(id)).toMatchObject({ attempt_count: 1 });
  });
});

describe("ending a delivery without an attempt", () => {
  it("makes it FAILED with the reason, unless it has moved on or is finished", async () => {
    const [waiting, moved, finished] = (await store.accepted(3)) as [string, string, string];
    await store.deliveries.handOver([{ deliveryId: moved, epoch: 0, queue: "LANES_us" }]);
    await store.deliveries.settle([settleRow({ id: finished, endpointId: store.endpointId })]);
    const row = (deliveryId: string) => ({ deliveryId, epoch: 0, reason: "ENDPOINT_DELETED" as const });
    await store.deliveries.end([...[waiting, moved, finished, newUuid()].map(row), { ...row(waiting) }]);
    expect(await store.job(waiting)).toMatchObject({
      status: "FAILED",
      failure_reason: "ENDPOINT_DELETED",
      queue: null,
    });
    expect(await store.job(moved)).toMatchObject({ status: "PENDING", queue: "LANES_us" });
    expect(await store.job(finished)).toMatchObject({ status: "SUCCEEDED" });
  });

  it("records the attempt that may have died with a message that was handed out before", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.end([{ deliveryId: id, epoch: 0, reason: "ENDPOINT_DELETED", redelivered: true }]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 UNKNOWN"]);
    expect(await store.job(id)).toMatchObject({ status: "FAILED", attempt_count: 1 });
  });
});
