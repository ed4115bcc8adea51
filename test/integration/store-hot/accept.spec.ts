import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { GroupCommit, RowError } from "../../../internal/batching/group-commit.ts";
import { newUuid, uuidAt, uuidTime } from "../../../internal/domain/ids.ts";
import type { AcceptOutcome, AcceptRow } from "../../../internal/events/ports.ts";
import { openStore, type Store } from "./fixture.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store[Symbol.asyncDispose]());

async function counts(): Promise<unknown> {
  const [row] = await store.record.query(
    `select (select count(*)::int from webhook_events) as events, (select count(*)::int from webhook_jobs) as jobs,
            (select count(*)::int from idempotency_keys) as keys`,
  );
  return row;
}

describe("accepting events", () => {
  it("stores each with a delivery per endpoint, held by the stream at epoch 0", async () => {
    const other = await store.createEndpoint();
    const row = store.row({ endpointIds: [store.endpointId, other], content: '{"n":12345678901234567890}' });
    expect(await store.events.accept([row, store.row({ endpointIds: [] })])).toEqual([
      { kind: "accepted" },
      { kind: "accepted" },
    ]);
    expect(await counts()).toEqual({ events: 2, jobs: 2, keys: 0 });
    for (const { id, endpointId } of row.deliveries) {
      expect(await store.job(id)).toMatchObject({
        event_id: row.event.id,
        endpoint_id: endpointId,
        status: "PENDING",
        epoch: 0,
        queue: "DELIVERIES_us",
        attempt_count: 0,
      });
    }
    expect(await store.events.readEvent(row.event.id)).toEqual({
      id: row.event.id,
      workspaceId: store.workspaceId,
      projectId: null,
      type: "invoice.paid",
      createdAt: new Date(uuidTime(row.event.id)),
      deliveryCount: 2,
      body: row.event.body,
    });
    expect(await store.events.readEvent(newUuid())).toBeUndefined();
  });

  it("keeps the exact bytes, whatever they are", async () => {
    const row = store.row();
    row.event.body = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
    await store.events.accept([row]);
    const kept = await store.events.readEvent(row.event.id);
    expect(kept?.body.equals(row.event.body)).toBe(true);
  });

  it("writes nothing of a row that was matched with an old version, and all of the others", async () => {
    await store.record.query("update workspaces set endpoints_version = 7 where id = $1", [store.workspaceId]);
    const rows = [store.row({ version: 7 }), store.row({ version: 6, key: "k" }), store.row({ version: 7 })];
    expect(await store.events.accept(rows)).toEqual([
      { kind: "accepted" },
      { kind: "endpointsMoved" },
      { kind: "accepted" },
    ]);
    expect(await counts()).toEqual({ events: 2, jobs: 2, keys: 0 });
  });

  it("answers that the endpoints moved when the workspace is not there at all", async () => {
    store.workspaceId = newUuid();
    expect(await store.events.accept([store.row()])).toEqual([{ kind: "endpointsMoved" }]);
  });

  it("stores all rows or none: one that cannot be stored is found alone, the others stand", async () => {
    const rows = Array.from({ length: 9 }, () => store.row());
    const culprit = store.row();
    culprit.event.id = rows[0]?.event.id as string;
    await expect(store.events.accept([...rows, culprit])).rejects.toThrow(RowError);
    expect(await counts()).toEqual({ events: 0, jobs: 0, keys: 0 });

    const group = new GroupCommit<AcceptRow, AcceptOutcome>({ commit: (some) => store.events.accept(some) });
    const outcomes = await Promise.allSettled([...rows, culprit].map((row) => group.add(row)));
    expect(outcomes.map(({ status }) => status)).toEqual([...rows.map(() => "fulfilled"), "rejected"]);
    expect(await counts()).toEqual({ events: 9, jobs: 9, keys: 0 });
  });

  it("says what to do when there is no partition for the time of an event", async () => {
    const row = store.row();
    row.event.id = uuidAt(Date.now() - 400 * 86_400_000);
    await expect(store.events.accept([row])).rejects.toMatchObject({
      status: "UNAVAILABLE",
      reason: "PARTITION_MISSING",
      message: expect.stringContaining("run the migrations"),
    });
  });

  it("takes 500 events of many workspaces in one go", async () => {
    const rows: AcceptRow[] = [];
    for (let i = 0; i < 20; i++) {
      store.workspaceId = await store.createWorkspace();
      for (let k = 0; k < 25; k++) rows.push(store.row({ key: `key ${k}`, content: "x".repeat(1024) }));
    }
    const outcomes = await store.events.accept(rows);
    expect(outcomes.every(({ kind }) => kind === "accepted")).toBe(true);
    expect(await counts()).toEqual({ events: 500, jobs: 500, keys: 500 });
  });
});
