import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { newUuid, uuidAt } from "../../../internal/domain/ids.ts";
import { withClient } from "../../../internal/store/connection.ts";
import { migrate } from "../../../internal/store/migrate.ts";
import { dayMs, dayOf, partitionedTables, partitionName } from "../../../internal/store/partitions/days.ts";
import { partitionedUntil } from "../../../internal/store/partitions/make.ts";
import { keepRetention, RetentionLoop, type RetentionRun } from "../../../internal/store/partitions/retention.ts";
import { until } from "../../harness/wait.ts";
import { beginRow, openStore, type Store, settleRow } from "./fixture.ts";

let store: Store;
/** Midnight may pass between two tests. */
let now: number;
let today: number;
beforeEach(async () => {
  now = Date.now();
  today = dayOf(now);
  store = await openStore();
});
afterEach(() => store[Symbol.asyncDispose]());

const waiting =
  "select from pg_stat_activity where application_name = 'sealpost retention' and datname = current_database() and wait_event_type = 'Lock'";

async function partitions(): Promise<string[]> {
  const rows = await store.record.query<{ name: string }>(
    "select inhrelid::regclass::text as name from pg_inherits where inhparent = any($1::regclass[]) order by 1",
    [partitionedTables],
  );
  return rows
    .map(({ name }) => name)
    .filter((name) => partitionedTables.some((table) => name.startsWith(`${table}_2`)));
}

/** A delivery accepted so many days ago, on a database whose days of then exist. */
async function acceptedDaysAgo(days: number): Promise<string> {
  const then = now - days * dayMs;
  await keepRetention(store.url, { now: then, daysAhead: 0, retentionDays: 1_000 });
  const row = store.row();
  const idThen = () => uuidAt(then).replace(/.{12}$/, newUuid().slice(-12));
  row.event.id = idThen();
  row.deliveries = [{ id: idThen(), endpointId: store.endpointId }];
  expect(await store.events.accept([row])).toEqual([{ kind: "accepted" }]);
  return row.deliveries[0]?.id as string;
}

describe("partitions", () => {
  it("stand from yesterday to a week ahead after a migration, so that a fresh database accepts at once", async () => {
    const days = Array.from({ length: 9 }, (_, i) => today - 1 + i);
    const names = partitionedTables.flatMap((table) => days.map((day) => partitionName(table, day)));
    expect(await partitions()).toEqual(names.toSorted());
    expect(await store.events.accept([store.row()])).toEqual([{ kind: "accepted" }]);
  });

  it("are made ahead by any process, several at once", async () => {
    const runs = await Promise.all([1, 2, 3].map(() => keepRetention(store.url, { now, daysAhead: 12 })));
    const made = runs.flatMap((run) => run.made);
    expect(made.toSorted()).toEqual(
      partitionedTables
        .flatMap((table) => [8, 9, 10, 11, 12].map((ahead) => partitionName(table, today + ahead)))
        .toSorted(),
    );
    const [, , run] = await Promise.all([
      migrate(store.url),
      migrate(store.url),
      keepRetention(store.url, { now, daysAhead: 13 }),
    ]);
    expect(await partitions()).toContain(partitionName("webhook_jobs", today + 13));
    expect(run.until).toBe((today + 14) * dayMs);
  });

  it("that are missing for one table end the time that the record can take", async () => {
    await store.record.query(`drop table ${partitionName("webhook_jobs", today + 3)}`);
    await withClient(store.url, "test", async (client) => {
      expect(await partitionedUntil(client, now)).toBe((today + 3) * dayMs);
    });
    expect((await keepRetention(store.url, { now })).until).toBe((today + 8) * dayMs);
  });

  it("past their retention are dropped with what they hold, the unfinished as EXPIRED; younger ones stay", async () => {
    const old = [await acceptedDaysAgo(40), await acceptedDaysAgo(40)];
    await store.deliveries.settle([settleRow({ id: old[0] as string, endpointId: store.endpointId })]);
    const young = await acceptedDaysAgo(20);
    const run = await keepRetention(store.url, { now, retentionDays: 30 });
    expect(run.expired).toBe(1);
    expect(run.dropped.toSorted()).toEqual(
      partitionedTables.flatMap((table) => [41, 40].map((ago) => partitionName(table, today - ago))).toSorted(),
    );
    expect(await store.record.query("select id from webhook_jobs")).toEqual([{ id: young }]);
    expect(await store.record.query("select id from webhook_delivery_attempts")).toEqual([]);
    // What comes late for a dropped delivery is answered, not refused.
    const late = old[1] as string;
    expect(await store.deliveries.settle([settleRow({ id: late, endpointId: store.endpointId })])).toEqual([
      { kind: "gone" },
    ]);
    expect(await store.deliveries.begin([beginRow(late, 0)])).toEqual([{ kind: "stale" }]);
    expect(await store.deliveries.handOver([{ deliveryId: late, epoch: 0, queue: null }])).toEqual([undefined]);
  });

  it("keep events a day longer than the deliveries of their day", async () => {
    await acceptedDaysAgo(31);
    await keepRetention(store.url, { now, retentionDays: 30 });
    expect(await store.record.query("select from webhook_jobs")).toHaveLength(0);
    expect(await store.record.query("select from webhook_events")).toHaveLength(1);
  });

  it("are dropped by one process at a time", async () => {
    await acceptedDaysAgo(40);
    const runs = await Promise.all([1, 2, 3].map(() => keepRetention(store.url, { now, retentionDays: 30 })));
    const dropped = runs.flatMap((run) => run.dropped);
    expect(dropped).toHaveLength(new Set(dropped).size);
    expect(await partitions()).not.toContain(partitionName("webhook_jobs", today - 40));
  });

  it("are dropped without holding up who accepts and settles, even while a reader is in the way", async () => {
    await acceptedDaysAgo(40);
    const reader = new pg.Client({ connectionString: store.url });
    await reader.connect();
    try {
      await reader.query("begin");
      await reader.query("select count(*) from webhook_jobs");
      let done = false;
      const retention = keepRetention(store.url, { now, retentionDays: 30 }).finally(() => {
        done = true;
      });
      await until(async () => (await store.record.query(waiting)).length > 0, { what: "the drop to wait" });
      for (let i = 0; i < 10; i++) {
        const id = await store.acceptedOne();
        expect(await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId })])).toHaveLength(1);
      }
      expect(done).toBe(false);
      await reader.query("commit");
      expect((await retention).dropped).toContain(partitionName("webhook_jobs", today - 40));
    } finally {
      await reader.end();
    }
  });

  it("left half detached or standing alone by a process that died are cleared away", async () => {
    await acceptedDaysAgo(50);
    await acceptedDaysAgo(40);
    const [detached, pending] = [50, 40].map((ago) => partitionName("webhook_jobs", today - ago));
    await store.record.query(`alter table webhook_jobs detach partition ${detached}`);
    const reader = new pg.Client({ connectionString: store.url });
    const detacher = new pg.Client({ connectionString: store.url, lock_timeout: 200 });
    await Promise.all([reader.connect(), detacher.connect()]);
    await reader.query("begin");
    await reader.query("select count(*) from webhook_jobs");
    await expect(detacher.query(`alter table webhook_jobs detach partition ${pending} concurrently`)).rejects.toThrow(
      "lock timeout",
    );
    await Promise.all([reader.end(), detacher.end()]);
    await keepRetention(store.url, { now, retentionDays: 30 });
    const left = await store.record.query("select from pg_class where relname = any($1)", [[detached, pending]]);
    expect(left).toEqual([]);
  });
});

describe("expired idempotency keys", () => {
  it("are deleted page by page; those in force stay", async () => {
    await store.record.query(
      `insert into idempotency_keys (workspace_id, key, body_hash, event_id, expires_at)
       select $1, 'old ' || i, 'x', $1, now() - interval '1 second' from generate_series(1, 2500) i`,
      [store.workspaceId],
    );
    await store.events.accept([store.row({ key: "young" })]);
    expect((await keepRetention(store.url)).keysDeleted).toBe(2500);
    expect(await store.record.query("select key from idempotency_keys")).toEqual([{ key: "young" }]);
  });
});

describe("signing secrets", () => {
  it("are forgotten when they have ended; those that sign stay", async () => {
    await store.record.query(
      `insert into webhook_endpoint_secrets (id, endpoint_id, version, scheme, sealed, not_after)
       select gen_random_uuid(), $1, version, 'HMAC_SHA256', 'x', not_after
       from (values (1, now()), (2, now() + interval '1 hour'), (3, null)) s (version, not_after)`,
      [store.endpointId],
    );
    await keepRetention(store.url);
    const left = await store.record.query("select version from webhook_endpoint_secrets order by version");
    expect(left).toEqual([{ version: 2 }, { version: 3 }]);
  });
});

describe("the retention loop", () => {
  it("runs at once, and ends when it is stopped, also in the middle of waiting for a lock", async () => {
    await acceptedDaysAgo(40);
    const errors: unknown[] = [];
    const onError = (_: string, error: unknown) => errors.push(error);
    const reader = new pg.Client({ connectionString: store.url });
    await reader.connect();
    try {
      await reader.query("begin");
      await reader.query("select count(*) from webhook_jobs");
      const blocked = new RetentionLoop(store.url, { retentionDays: 30, onError, onRun: (run) => errors.push(run) });
      await until(
        async () => {
          expect(errors).toEqual([]);
          return (await store.record.query(waiting)).length > 0;
        },
        { what: "the drop to wait" },
      );
      await blocked.stop();
    } finally {
      await reader.end();
    }
    expect(errors).toEqual([]);

    const runs: RetentionRun[] = [];
    const loop = new RetentionLoop(store.url, {
      retentionDays: 30,
      onRun: (run) => runs.push(run),
      onError,
    });
    await until(() => runs.length > 0, { what: "a run" });
    await loop.stop();
    expect(await partitions()).not.toContain(partitionName("webhook_jobs", today - 40));
    expect(errors).toEqual([]);
  });
});
