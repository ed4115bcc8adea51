import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Uuid } from "../../../internal/domain/ids.ts";
import { until } from "../../harness/wait.ts";
import { beginRow, openStore, type Store, settleRow } from "./fixture.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store[Symbol.asyncDispose]());

const batches = 20;
const batchSize = 100;

interface Reads {
  written: number;
  scanned: number;
  fetched: number;
}

async function reads(table: string, written: number): Promise<Reads> {
  const sql = `
    select sum(n_tup_ins)::int as written, sum(seq_tup_read)::int as scanned, sum(idx_tup_fetch)::int as fetched
    from pg_stat_user_tables where starts_with(relname, $1)`;
  const row = await until(
    async () => (await store.record.query<Reads>(sql, [table])).find((found) => found.written >= written),
    { what: "Postgres to publish its counters" },
  );
  return row;
}

/** Statements are planned once, when the day's tables are empty: what then matters is how much they read later on. */
describe("a day that fills up", () => {
  it("is looked up by key only: the work for a delivery does not grow with the deliveries that are there", async () => {
    const { endpointId } = store;
    const begun: { id: Uuid; attemptId: Uuid }[][] = [];
    for (let i = 0; i < batches; i++) {
      const ids = await store.accepted(batchSize);
      const first = ids.map((id) => settleRow({ id, endpointId, outcome: "HTTP_5XX" }));
      expect((await store.deliveries.settle(first)).every(({ kind }) => kind === "settled")).toBe(true);
      const rows = ids.map((id) => beginRow(id, 1));
      expect((await store.deliveries.begin(rows)).every(({ kind }) => kind === "begun")).toBe(true);
      begun.push(rows.map(({ deliveryId, attemptId }) => ({ id: deliveryId, attemptId })));
    }
    for (const batch of begun) {
      const handed = batch.map(({ id }) => ({ deliveryId: id, epoch: 1, queue: "LANES_us" }));
      expect((await store.deliveries.handOver(handed)).every((outcome) => outcome?.epoch === 2)).toBe(true);
      const rows = batch.map(({ id, attemptId }) => settleRow({ id, endpointId, epoch: 2, attemptId }));
      expect((await store.deliveries.settle(rows)).every(({ kind }) => kind === "settled")).toBe(true);
    }
    // The pool's connections publish their counters when they end.
    await store.close();
    const deliveries = batches * batchSize;
    const jobs = await reads("webhook_jobs_", deliveries);
    const attempts = await reads("webhook_delivery_attempts_", 2 * deliveries);
    // Settle once by itself, then begin, hand over and settle by the rules: 1 + 3 + 2 + 3 look-ups, dead versions apart.
    expect(jobs.scanned).toBe(0);
    expect(jobs.fetched / deliveries).toBeLessThan(20);
    expect(attempts.scanned).toBe(0);
    expect(attempts.fetched / deliveries).toBeLessThan(20);
  });
});
