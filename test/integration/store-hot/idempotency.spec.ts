import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { uuidTime } from "../../../internal/domain/ids.ts";
import { hash, openStore, type Store } from "./fixture.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store[Symbol.asyncDispose]());

async function events(): Promise<number> {
  const [row] = await store.record.query<{ count: number }>("select count(*)::int as count from webhook_events");
  return row?.count ?? 0;
}

describe("an idempotency key", () => {
  it("answers the first event and its content's hash when it is used again, and writes nothing", async () => {
    const first = store.row({ key: 'a "quoted" \\ key, with {braces} and ü', content: "one" });
    expect(await store.events.accept([first])).toEqual([{ kind: "accepted" }]);
    const again = store.row({ key: 'a "quoted" \\ key, with {braces} and ü', content: "two" });
    expect(await store.events.accept([store.row(), again])).toEqual([
      { kind: "accepted" },
      {
        kind: "duplicate",
        bodyHash: hash("one"),
        first: {
          id: first.event.id,
          workspaceId: store.workspaceId,
          projectId: null,
          type: "invoice.paid",
          createdAt: new Date(uuidTime(first.event.id)),
          deliveryCount: 1,
        },
      },
    ]);
    expect(await events()).toBe(2);
  });

  it("is one workspace's: another may use the same", async () => {
    expect(await store.events.accept([store.row({ key: "k" })])).toEqual([{ kind: "accepted" }]);
    store.workspaceId = await store.createWorkspace();
    expect(await store.events.accept([store.row({ key: "k" })])).toEqual([{ kind: "accepted" }]);
  });

  it("may be shared by rows of one batch: the first wins", async () => {
    const rows = [store.row({ key: "k", content: "one" }), store.row({ key: "k", content: "two" }), store.row()];
    const outcomes = await store.events.accept(rows);
    expect(outcomes).toMatchObject([
      { kind: "accepted" },
      { kind: "duplicate", bodyHash: hash("one"), first: { id: rows[0]?.event.id, deliveryCount: 1 } },
      { kind: "accepted" },
    ]);
    expect(await events()).toBe(2);
  });

  it("used by 200 calls at once over several connections makes one event, and every call learns which", async () => {
    const rows = Array.from({ length: 200 }, (_, i) => store.row({ key: "k", content: String(i) }));
    const outcomes = (await Promise.all(rows.map((row) => store.events.accept([row])))).flat();
    const accepted = outcomes.flatMap(({ kind }, i) => (kind === "accepted" ? [rows[i]] : []));
    expect(accepted).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.kind !== "accepted") {
        expect(outcome).toMatchObject({ kind: "duplicate", first: { id: accepted[0]?.event.id } });
      }
    }
    expect(await events()).toBe(1);
  });

  it("is free again after 24 hours", async () => {
    await store.events.accept([store.row({ key: "k" })]);
    const [key] = await store.record.query<{ hours: number }>(
      "select extract(epoch from expires_at - now())::float8 / 3600 as hours from idempotency_keys",
    );
    expect(key?.hours).toBeCloseTo(24, 1);
    await store.record.query("update idempotency_keys set expires_at = now() - interval '1 second'");
    const second = store.row({ key: "k", content: "new" });
    expect(await store.events.accept([second])).toEqual([{ kind: "accepted" }]);
    expect(await store.events.accept([store.row({ key: "k" })])).toMatchObject([
      { kind: "duplicate", bodyHash: hash("new"), first: { id: second.event.id } },
    ]);
  });

  it("is not taken by a row that was matched with an old version", async () => {
    const stale = store.row({ key: "k", version: 5 });
    expect(await store.events.accept([stale, store.row({ key: "k", version: 5 })])).toEqual([
      { kind: "endpointsMoved" },
      { kind: "endpointsMoved" },
    ]);
    expect(await store.events.accept([store.row({ key: "k" })])).toEqual([{ kind: "accepted" }]);
  });

  it("does not let batches that use the same keys in another order wait for each other", async () => {
    const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);
    const batches = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? keys : keys.toReversed()));
    const outcomes = await Promise.all(
      batches.map((batch) => store.events.accept(batch.map((key) => store.row({ key })))),
    );
    expect(outcomes.flat().filter(({ kind }) => kind === "accepted")).toHaveLength(keys.length);
    expect(await events()).toBe(keys.length);
    const [row] = await store.record.query<{ deadlocks: number }>(
      "select deadlocks::int as deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(row?.deadlocks).toBe(0);
  });
});
