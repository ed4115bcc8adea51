import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { newUuid } from "../../../internal/domain/ids.ts";
import { type Database, openDatabase } from "../../../internal/store/database.ts";
import { PostgresSweepRecord } from "../../../internal/store/sweep/record.ts";
import { createDatabase } from "../../harness/postgres.ts";
import { Record } from "../../harness/record.ts";
import { until } from "../../harness/wait.ts";

let database: Database;
let record: Record;
let sweep: PostgresSweepRecord;
let drop: () => Promise<void>;

beforeEach(async () => {
  const made = await createDatabase();
  drop = made.drop;
  database = openDatabase(made.url);
  record = new Record(made.url);
  sweep = new PostgresSweepRecord(database);
});

afterEach(async () => {
  await database.close();
  await record[Symbol.asyncDispose]();
  await drop();
});

const queue = "DELIVERIES_us";

async function endpoint(status: "ACTIVE" | "DISABLED" | "SUSPENDED" = "ACTIVE"): Promise<string> {
  const [company, workspace, id] = [newUuid(), newUuid(), newUuid()];
  await record.query("insert into companies (id, name, plan_tier) values ($1, 'c', 'GROWTH')", [company]);
  await record.query("insert into workspaces (id, company_id, name, region) values ($1, $2, 'w', 'us')", [
    workspace,
    company,
  ]);
  await record.query(
    `insert into webhook_endpoints (id, workspace_id, region, url, events, status, max_in_flight)
     values ($1, $2, 'us', 'http://127.0.0.1:1/', '{*}', $3, 4)`,
    [id, workspace, status],
  );
  return id;
}

interface Job {
  queue?: string | null;
  dueIn?: string;
  enqueuedAgo?: string;
  held?: boolean;
  attempts?: number;
  epoch?: number;
  status?: string;
}

async function job(endpointId: string, fields: Job = {}): Promise<string> {
  const [event, id] = [newUuid(), newUuid()];
  await record.query(
    "insert into webhook_events (id, workspace_id, type, body, delivery_count) values ($1, $2, 'a', 'body', 1)",
    [event, newUuid()],
  );
  await record.query(
    `insert into webhook_jobs (id, event_id, endpoint_id, workspace_id, event_type, region, queue, due_at, enqueued_at,
                               held_reason, attempt_count, epoch, status)
     values ($1, $2, $3, $4, 'a', 'us', $5, now() + $6::interval, now() - $7::interval, $8, $9, $10, $11)`,
    [
      id,
      event,
      endpointId,
      newUuid(),
      fields.queue ?? null,
      fields.dueIn ?? "-1s",
      fields.enqueuedAgo ?? "0s",
      fields.held ? "ENDPOINT_DISABLED" : null,
      fields.attempts ?? 0,
      fields.epoch ?? 0,
      fields.status ?? "PENDING",
    ],
  );
  return id;
}

describe("taking what is due", () => {
  it("gives it to the stream under a new epoch, with its body", async () => {
    const endpointId = await endpoint();
    const id = await job(endpointId, { attempts: 2, epoch: 5, status: "RETRY_SCHEDULED" });
    await job(endpointId, { dueIn: "1h" });
    await job(endpointId, { status: "SUCCEEDED" });
    const taken = await sweep.takeDue("us", queue, 10);
    expect(taken).toMatchObject([{ deliveryId: id, endpointId, region: "us", attempt: 3, epoch: 6 }]);
    expect(taken[0]?.body.toString()).toBe("body");
    expect((await record.jobs()).find((row) => row.id === id)).toMatchObject({ queue, epoch: 6 });
    expect(await sweep.takeDue("us", queue, 10)).toEqual([]);
  });

  it("takes page by page, and nothing of another region", async () => {
    const endpointId = await endpoint();
    for (let i = 0; i < 5; i++) await job(endpointId);
    expect(await sweep.takeDue("eu", queue, 10)).toEqual([]);
    expect(await sweep.takeDue("us", queue, 3)).toHaveLength(3);
    expect(await sweep.takeDue("us", queue, 3)).toHaveLength(2);
  });

  it.each(["DISABLED", "SUSPENDED"] as const)(
    "puts what is of a %s endpoint out of the way until that is ACTIVE",
    async (status) => {
      const disabled = await endpoint(status);
      const waiting = [await job(disabled, { dueIn: "-1h" }), await job(disabled, { dueIn: "-1h" })];
      const free = await job(await endpoint());
      expect((await sweep.takeDue("us", queue, 1)).map((message) => message.deliveryId)).toEqual([free]);
      const held = (await record.jobs()).filter((row) => row.held_reason !== null);
      expect(held.map((row) => row.id)).toEqual(waiting);
      for (const row of held) expect(row.held_reason).toBe(`ENDPOINT_${status}`);
      await record.query("update webhook_endpoints set status = 'ACTIVE' where id = $1", [disabled]);
      const releasedAt = Date.now();
      const released = await sweep.takeDue("us", queue, 10);
      expect(released.map((message) => message.deliveryId).sort()).toEqual(waiting.sort());
      // The hour was its owner's: it is no delay of ours.
      for (const { dueAt } of released) expect(dueAt).toBeGreaterThanOrEqual(releasedAt);
      expect((await record.jobs()).filter((row) => row.held_reason !== null)).toEqual([]);
    },
  );

  it("is shared: two processes at once take each delivery once", async () => {
    const endpointId = await endpoint();
    for (let i = 0; i < 40; i++) await job(endpointId);
    const pages = await Promise.all([1, 2, 3, 4].map(() => sweep.takeDue("us", queue, 10)));
    const ids = pages.flat().map((message) => message.deliveryId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("what a stream has lost", () => {
  it("comes back to Postgres; a first attempt is noted as one that may have left", async () => {
    const endpointId = await endpoint();
    const first = await job(endpointId, { queue, enqueuedAgo: "20s" });
    const retry = await job(endpointId, { queue, enqueuedAgo: "20s", attempts: 1, epoch: 1, dueIn: "1h" });
    await job(endpointId, { queue, enqueuedAgo: "5s" });
    expect(await sweep.reclaim(queue, new Date(Date.now() - 15_000), 10)).toBe(2);
    const jobs = await record.jobs();
    expect(jobs.find((row) => row.id === first)).toMatchObject({ queue: null, epoch: 1, attempt_count: 0 });
    expect(jobs.find((row) => row.id === retry)).toMatchObject({ queue: null, epoch: 2, attempt_count: 1 });
    const attempts = await record.query("select job_id, id, number, outcome from webhook_delivery_attempts");
    expect(attempts).toEqual([{ job_id: first, id: first, number: 0, outcome: "UNKNOWN" }]);
    // Due when it was: the retry is not hurried.
    expect((await sweep.takeDue("us", queue, 10)).map((message) => message.deliveryId)).toEqual([first]);
  });

  it("is looked for in the streams that the record names, of this region only", async () => {
    const endpointId = await endpoint();
    for (const name of [queue, "RETRIES_us_60", "RETRIES_us_60", "LANES_us", "RETRIES_us_east_60", "DELIVERIES_eu"]) {
      await job(endpointId, { queue: name });
    }
    await job(endpointId, { queue: "RETRIES_us_300", status: "FAILED" });
    expect(await sweep.queuesInUse("us")).toEqual([queue, "LANES_us", "RETRIES_us_60"]);
  });

  it("is looked for by endpoint in a lane", async () => {
    const [slow, other] = [await endpoint(), await endpoint()];
    const lost = await job(slow, { queue: "LANES_us", enqueuedAgo: "20s" });
    await job(other, { queue: "LANES_us", enqueuedAgo: "20s" });
    const before = new Date(Date.now() - 15_000);
    expect((await sweep.laneEndpoints("LANES_us", before, 10)).sort()).toEqual([slow, other].sort());
    expect(await sweep.reclaimLane("LANES_us", slow, before, 10)).toBe(1);
    expect((await record.jobs()).filter((row) => row.queue === null).map((row) => row.id)).toEqual([lost]);
  });
});

describe("a lane with more endpoints than a page", () => {
  it("is looked through page by page, from the start again after the last", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await endpoint());
    // Pages go by id, and two of the same millisecond come in any order.
    ids.sort();
    for (const id of ids) for (let i = 0; i < 3; i++) await job(id, { queue: "LANES_us", enqueuedAgo: "20s" });
    await job(await endpoint(), { queue: "LANES_us" });
    const page = () => sweep.laneEndpoints("LANES_us", new Date(Date.now() - 15_000), 2);
    expect([await page(), await page(), await page(), await page()]).toEqual([
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4),
      ids.slice(0, 2),
    ]);
  });
});

describe("a deleted endpoint", () => {
  it("ends its unfinished deliveries page by page, with the reason", async () => {
    const endpointId = await endpoint();
    for (let i = 0; i < 5; i++) await job(endpointId, { queue });
    const done = await job(endpointId, { status: "SUCCEEDED" });
    await record.query("update webhook_endpoints set deleted_at = now() where id = $1", [endpointId]);
    expect([await sweep.endDeleted("us", 3), await sweep.endDeleted("us", 3), await sweep.endDeleted("us", 3)]).toEqual(
      [3, 2, 0],
    );
    for (const row of await record.jobs()) {
      expect(row).toMatchObject(
        row.id === done ? { status: "SUCCEEDED" } : { status: "FAILED", failure_reason: "ENDPOINT_DELETED" },
      );
    }
  });
});

describe("the sweeper's lock", () => {
  it("is one process's at a time, and free again when that one is done", async () => {
    let finish = () => {};
    let working = false;
    const first = sweep.whileSweeper("us", async () => {
      working = true;
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    await until(() => working, { what: "the first sweeper" });
    expect(await sweep.whileSweeper("us", async () => {})).toBe(false);
    expect(await sweep.whileSweeper("eu", async () => {})).toBe(true);
    finish();
    expect(await first).toBe(true);
    expect(await sweep.whileSweeper("us", async () => {})).toBe(true);
  });

  it("tells its holder when the connection that holds it breaks", async () => {
    let working = false;
    const swept = sweep.whileSweeper("us", (signal) => {
      working = true;
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    });
    await until(() => working, { what: "the sweeper" });
    await record.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name like '%sweeper:us' and datname = current_database()`,
    );
    expect(await swept).toBe(true);
  });
});
