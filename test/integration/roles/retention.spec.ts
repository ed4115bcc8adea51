import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { uuidAt } from "../../../internal/domain/ids.ts";
import { auditCut } from "../../../internal/store/partitions/cuts.ts";
import { dayMs } from "../../../internal/store/partitions/days.ts";
import { keepRetention, RetentionLoop, type RetentionRun } from "../../../internal/store/partitions/retention.ts";
import { createDividedDatabase, type DividedDatabase } from "../../harness/app-role.ts";
import { until } from "../../harness/wait.ts";

let database: DividedDatabase;
let owner: pg.Pool;
beforeEach(async () => {
  database = await createDividedDatabase();
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
});
afterEach(async () => {
  await owner?.end();
  await database?.drop();
});

/** An entry of so many days ago, in a month made for it. */
async function entryDaysAgo(days: number): Promise<string> {
  const then = Date.now() - days * dayMs;
  await keepRetention(database.ownerUrl, { now: then, daysAhead: 0, retentionDays: 10_000 });
  const id = uuidAt(then);
  const columns = "id, company_id, created_at, actor_kind, address, request_id, method, changes, status, reason";
  await owner.query(`INSERT INTO audit_log (${columns}) VALUES ($1, $1, now(), 'admin', '', '', '', '[]', 'OK', '')`, [
    id,
  ]);
  return id;
}

const kept = async () =>
  (await owner.query<{ id: string }>("SELECT id FROM audit_log ORDER BY id")).rows.map(({ id }) => id);

describe("the audit log's retention", () => {
  it("drops whole months that ended longer ago than it, by the owner; younger ones stay", async () => {
    // A month is kept until its last day is past, so 31 days more are on the safe side.
    const old = await entryDaysAgo(100 + 31);
    const young = await entryDaysAgo(99);
    expect(await kept()).toEqual([old, young]);
    const run = await keepRetention(database.ownerUrl, { auditRetentionDays: 100 });
    expect(run.dropped).toContain(auditCut.nameOf(auditCut.of(Date.now() - 131 * dayMs)));
    expect(await kept()).toEqual([young]);
  });

  it("is 400 days unless told", async () => {
    const old = await entryDaysAgo(400 + 31);
    const young = await entryDaysAgo(399);
    await keepRetention(database.ownerUrl);
    expect(await kept()).not.toContain(old);
    expect(await kept()).toContain(young);
  });

  it("is not for the application's role, which deletes expired idempotency keys and leaves partitions alone", async () => {
    const old = await entryDaysAgo(500);
    await owner.query("INSERT INTO idempotency_keys VALUES ($1, 'old', 'x', $1, now() - interval '1 second')", [old]);
    const run = await keepRetention(database.appUrl, { daysAhead: 20 });
    expect(run).toMatchObject({ owner: false, made: [], dropped: [], keysDeleted: 1 });
    expect(await kept()).toEqual([old]);
  });
});

describe("the retention loop of the application's role", () => {
  it("says in time that nobody makes partitions, and what to do", async () => {
    const runs: RetentionRun[] = [];
    const errors: string[] = [];
    const onError = (_: string, error: unknown) => void errors.push((error as Error).message);
    const start = () => new RetentionLoop(database.appUrl, { onRun: (run) => void runs.push(run), onError });
    const inTime = start();
    await until(() => runs.length > 0, { what: "a run" });
    await inTime.stop();
    expect(errors).toEqual([]);

    const tomorrow = Date.now() + dayMs;
    const { rows } = await owner.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ '^webhook_events_[0-9]+$' ORDER BY 1 DESC",
    );
    for (const { name } of rows) {
      const day = Date.UTC(Number(name.slice(-8, -4)), Number(name.slice(-4, -2)) - 1, Number(name.slice(-2)));
      if (day > tomorrow) await owner.query(`DROP TABLE ${name}`);
    }
    const late = start();
    await until(() => errors.length > 0, { what: "a warning" });
    await late.stop();
    expect(errors[0]).toMatch(/partitions end at .*: run npm run retention as the owner of the tables/);
  });
});
