import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { RowError } from "../../../internal/batching/group-commit.ts";
import { newUuid, uuidAt } from "../../../internal/domain/ids.ts";
import { until } from "../../harness/wait.ts";
import { beginRow, inAMinute, openStore, type Store, settleRow } from "./fixture.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store[Symbol.asyncDispose]());

const failed = (reason: "EXHAUSTED" | "MANUAL_RETRY_FAILED") => ({ status: "FAILED", reason }) as const;

describe("settling an attempt", () => {
  it("records it, its answer and its timing, and the delivery's new state", async () => {
    const id = await store.acceptedOne();
    const row = settleRow({ id, endpointId: store.endpointId });
    expect(await store.deliveries.settle([row])).toEqual([{ kind: "settled", status: "SUCCEEDED", epoch: 0 }]);
    expect(await store.attempts(id)).toMatchObject([
      {
        id,
        number: 1,
        outcome: "SUCCESS",
        http_status: 200,
        error: "",
        pod: "pod-a",
        started_at: new Date("2026-11-24T10:00:00.125Z"),
        dns_ms: 1,
        connect_ms: 2.5,
        tls_ms: 3,
        first_byte_ms: 10,
        total_ms: 12,
        response_headers: { "content-type": "text/plain" },
        response_body: Buffer.from("ok"),
        response_truncated: false,
      },
    ]);
    expect(await store.job(id)).toMatchObject({ status: "SUCCEEDED", attempt_count: 1, queue: null, due_at: null });
  });

  it("keeps any text and bytes of an answer, and one without an answer", async () => {
    const [odd, none] = (await store.accepted(2)) as [string, string];
    const row = settleRow({ id: odd, endpointId: store.endpointId, outcome: "HTTP_5XX" });
    row.attempt.error = 'a "quoted" \\ {text}, with NULL\nand \0 and ü';
    row.attempt.response = { headers: { 'x-"odd"\\': "{a,b}" }, body: Buffer.from([0, 255, 92, 34]), truncated: true };
    const silent = settleRow({ id: none, endpointId: store.endpointId, outcome: "TIMEOUT" });
    Object.assign(silent.attempt, { response: null, httpStatus: null });
    await store.deliveries.settle([row, silent]);
    expect(await store.attempts(odd)).toMatchObject([
      {
        error: 'a "quoted" \\ {text}, with NULL\nand \ufffd and ü',
        response_headers: { 'x-"odd"\\': "{a,b}" },
        response_body: Buffer.from([0, 255, 92, 34]),
      },
    ]);
    expect(await store.attempts(none)).toMatchObject([
      { http_status: null, response_headers: null, response_body: null },
    ]);
  });

  it("schedules the next one under a new epoch, held by the tier's stream", async () => {
    const id = await store.acceptedOne();
    const next = inAMinute();
    const row = settleRow({ id, endpointId: store.endpointId, outcome: "HTTP_5XX", next });
    const before = await store.job(id);
    expect(await store.deliveries.settle([row])).toEqual([{ kind: "settled", status: "RETRY_SCHEDULED", epoch: 1 }]);
    const job = await store.job(id);
    expect(job).toMatchObject({
      status: "RETRY_SCHEDULED",
      queue: "RETRIES_us_60",
      epoch: 1,
      attempt_count: 1,
      due_at: next.status === "RETRY_SCHEDULED" && next.dueAt,
    });
    expect(job.enqueued_at.getTime()).toBeGreaterThan(before.enqueued_at.getTime());
  });

  it("leaves a wait that is no tier's to Postgres", async () => {
    const id = await store.acceptedOne();
    const next = { ...inAMinute(), queue: null } as ReturnType<typeof inAMinute>;
    await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId, outcome: "HTTP_5XX", next })]);
    expect(await store.job(id)).toMatchObject({ status: "RETRY_SCHEDULED", queue: null, epoch: 1 });
  });

  it("ends the delivery FAILED with the reason", async () => {
    const id = await store.acceptedOne();
    const row = settleRow({ id, endpointId: store.endpointId, outcome: "HTTP_5XX", next: failed("EXHAUSTED") });
    expect(await store.deliveries.settle([row])).toEqual([{ kind: "settled", status: "FAILED", epoch: 0 }]);
    expect(await store.job(id)).toMatchObject({ status: "FAILED", failure_reason: "EXHAUSTED", due_at: null });
  });

  it("again, after the answer got lost, changes nothing and says what is in force", async () => {
    const [one, two] = (await store.accepted(2)) as [string, string];
    const next = inAMinute();
    const rows = [
      settleRow({ id: one, endpointId: store.endpointId }),
      settleRow({ id: two, endpointId: store.endpointId, outcome: "HTTP_5XX", next }),
    ];
    const first = await store.deliveries.settle(rows);
    expect(await store.deliveries.settle(rows)).toEqual(first);
    expect(await store.job(two)).toMatchObject({ epoch: 1, attempt_count: 1 });
    expect(await store.statistics()).toMatchObject({ attempts: "2", succeeded: "1", failed: "1" });
    // The sweeper took the retry meanwhile: what this settle led to is not in force any more.
    await store.deliveries.handOver([{ deliveryId: two, epoch: 1, queue: "DELIVERIES_us" }]);
    expect(await store.deliveries.settle(rows)).toEqual([first[0], { kind: "recorded" }]);
  });

  it("that failed under an old epoch is recorded, counts, and changes nothing else", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.handOver([{ deliveryId: id, epoch: 0, queue: "LANES_us" }]);
    const row = settleRow({ id, endpointId: store.endpointId, outcome: "TIMEOUT" });
    expect(await store.deliveries.settle([row])).toEqual([{ kind: "recorded" }]);
    expect(await store.job(id)).toMatchObject({ status: "PENDING", queue: "LANES_us", epoch: 1, attempt_count: 1 });
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 TIMEOUT"]);
  });

  it("that succeeded under an old epoch makes the delivery SUCCEEDED: the receiver has it", async () => {
    const id = await store.acceptedOne();
    await store.deliveries.handOver([{ deliveryId: id, epoch: 0, queue: null, notBefore: new Date() }]);
    const [outcome] = await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId })]);
    expect(outcome).toMatchObject({ kind: "settled", status: "SUCCEEDED" });
    expect(await store.job(id)).toMatchObject({ status: "SUCCEEDED", queue: null });
  });

  it("never leaves a finished state by itself", async () => {
    const [good, bad] = (await store.accepted(2)) as [string, string];
    const { endpointId } = store;
    await store.deliveries.settle([
      settleRow({ id: good, endpointId }),
      settleRow({ id: bad, endpointId, outcome: "HTTP_5XX", next: failed("EXHAUSTED") }),
    ]);
    expect(
      await store.deliveries.settle([
        settleRow({ id: good, endpointId, attemptId: newUuid(), outcome: "TIMEOUT" }),
        settleRow({ id: bad, endpointId, attemptId: newUuid() }),
      ]),
    ).toEqual([{ kind: "recorded" }, { kind: "recorded" }]);
    expect(await store.job(good)).toMatchObject({ status: "SUCCEEDED", attempt_count: 2 });
    expect(await store.job(bad)).toMatchObject({ status: "FAILED", failure_reason: "EXHAUSTED", attempt_count: 2 });
    expect(await store.numbersAndOutcomes(bad)).toEqual(["1 HTTP_5XX", "2 SUCCESS"]);
  });

  it("replaces its own UNKNOWN and keeps its number", async () => {
    const id = await store.acceptedOne();
    const begun = beginRow(id, 0);
    // Handed out twice: another process noted the first attempt as UNKNOWN and began the second.
    await store.deliveries.begin([begun]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 UNKNOWN", "2 IN_PROGRESS"]);
    const late = settleRow({ id, endpointId: store.endpointId, outcome: "HTTP_5XX" });
    expect(await store.deliveries.settle([late])).toMatchObject([{ kind: "settled", status: "RETRY_SCHEDULED" }]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 HTTP_5XX", "2 IN_PROGRESS"]);
    expect(await store.job(id)).toMatchObject({ attempt_count: 2 });
    const second = settleRow({ id, endpointId: store.endpointId, attemptId: begun.attemptId });
    expect(await store.deliveries.settle([second])).toMatchObject([{ kind: "settled", status: "SUCCEEDED" }]);
    expect(await store.attempts(id)).toMatchObject([{ error: "the receiver answered 503" }, { outcome: "SUCCESS" }]);
  });

  it("gives the one that did not count a number when it turns out that it did leave", async () => {
    const id = await store.acceptedOne();
    await store.record.query(
      `insert into webhook_delivery_attempts (job_id, id, started_at, number, outcome) values ($1, $1, now(), 0, 'UNKNOWN')`,
      [id],
    );
    await store.record.query("update webhook_jobs set epoch = 1, queue = 'DELIVERIES_us' where id = $1", [id]);
    const begun = beginRow(id, 1);
    await store.deliveries.begin([begun]);
    await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId, outcome: "TIMEOUT" })]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 IN_PROGRESS", "2 TIMEOUT"]);
    expect(await store.job(id)).toMatchObject({ attempt_count: 2 });
  });

  it("of a delivery that is not there, or whose day was dropped, says that it is gone", async () => {
    const { endpointId } = store;
    const old = uuidAt(Date.now() - 300 * 86_400_000);
    const id = await store.acceptedOne();
    expect(
      await store.deliveries.settle([
        settleRow({ id: newUuid(), endpointId }),
        settleRow({ id: old, endpointId }),
        settleRow({ id, endpointId }),
      ]),
    ).toEqual([{ kind: "gone" }, { kind: "gone" }, { kind: "settled", status: "SUCCEEDED", epoch: 0 }]);
  });

  it("takes deliveries of several days together", async () => {
    const yesterday = store.row();
    const id = uuidAt(Date.now() - 86_400_000).replace(/.{12}$/, newUuid().slice(-12));
    yesterday.deliveries = [{ id, endpointId: store.endpointId }];
    await store.events.accept([yesterday]);
    const today = await store.acceptedOne();
    const rows = [id, today].map((each) => settleRow({ id: each, endpointId: store.endpointId }));
    expect(await store.deliveries.settle(rows)).toMatchObject([{ status: "SUCCEEDED" }, { status: "SUCCEEDED" }]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 SUCCESS"]);
  });

  it("may come twice for one delivery in a batch: each attempt gets its number", async () => {
    const id = await store.acceptedOne();
    const { endpointId } = store;
    const rows = [
      settleRow({ id, endpointId, outcome: "TIMEOUT" }),
      settleRow({ id, endpointId, attemptId: newUuid(), outcome: "HTTP_5XX" }),
      settleRow({ id, endpointId, outcome: "TIMEOUT" }),
    ];
    expect(await store.deliveries.settle(rows)).toMatchObject([
      { kind: "settled", epoch: 1 },
      { kind: "recorded" },
      { kind: "settled", epoch: 1 },
    ]);
    expect(await store.numbersAndOutcomes(id)).toEqual(["1 TIMEOUT", "2 HTTP_5XX"]);
  });

  it("finds a row that cannot be stored without harm to the others", async () => {
    const [good, bad] = (await store.accepted(2)) as [string, string];
    const culprit = settleRow({ id: bad, endpointId: store.endpointId });
    culprit.attempt.response = { headers: { "x-nul": "\u0000" }, body: Buffer.alloc(0), truncated: false };
    const rows = [settleRow({ id: good, endpointId: store.endpointId }), culprit];
    await expect(store.deliveries.settle(rows)).rejects.toThrow(RowError);
    expect(await store.numbersAndOutcomes(good)).toEqual([]);
    expect(await store.statistics()).toBeUndefined();
  });

  it("that waited for another process's write goes by what that one wrote", async () => {
    const id = await store.acceptedOne();
    const other = new pg.Client({ connectionString: store.url });
    await other.connect();
    try {
      // The other process notes our attempt as UNKNOWN, just before its commit.
      await other.query("begin");
      await other.query("update webhook_jobs set attempt_count = 1, updated_at = now() where id = $1", [id]);
      await other.query(
        `insert into webhook_delivery_attempts (job_id, id, started_at, number, outcome)
         values ($1, $1, now(), 1, 'UNKNOWN')`,
        [id],
      );
      const settled = store.deliveries.settle([
        settleRow({ id, endpointId: store.endpointId }),
        settleRow({ id: await store.acceptedOne(), endpointId: store.endpointId }),
      ]);
      await until(
        async () =>
          (
            await store.record.query(
              "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
            )
          ).length > 0,
        { what: "the settle to wait" },
      );
      await other.query("commit");
      expect(await settled).toMatchObject([{ kind: "settled" }, { kind: "settled" }]);
      expect(await store.job(id)).toMatchObject({ status: "SUCCEEDED", attempt_count: 1 });
      expect(await store.numbersAndOutcomes(id)).toEqual(["1 SUCCESS"]);
    } finally {
      await other.end();
    }
  });
});

describe("the outcome of a manual retry", () => {
  it("is the delivery's state, either way", async () => {
    const [good, bad] = (await store.accepted(2)) as [string, string];
    const { endpointId } = store;
    for (const [id, outcome] of [
      [good, "SUCCESS"],
      [bad, "HTTP_5XX"],
    ] as const) {
      await store.deliveries.settle([settleRow({ id, endpointId, outcome: "TIMEOUT", next: failed("EXHAUSTED") })]);
      const epoch = await store.retryByHand(id);
      const begun = beginRow(id, epoch);
      expect(await store.deliveries.begin([begun])).toEqual([{ kind: "begun", number: 2, scheduled: false }]);
      const { attemptId } = begun;
      const next = outcome === "SUCCESS" ? ({ status: "SUCCEEDED" } as const) : failed("MANUAL_RETRY_FAILED");
      await store.deliveries.settle([settleRow({ id, endpointId, epoch, attemptId, outcome, next })]);
    }
    expect(await store.job(good)).toMatchObject({ status: "SUCCEEDED", failure_reason: null, attempt_count: 2 });
    expect(await store.job(bad)).toMatchObject({ status: "FAILED", failure_reason: "MANUAL_RETRY_FAILED" });
  });
});
