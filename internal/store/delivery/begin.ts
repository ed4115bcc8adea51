import type { Pool } from "pg";
import type { BeginOutcome, BeginRow } from "../../delivery/ports.ts";
import { numberArray, textArray, timeArray, uuidArray } from "../arrays.ts";
import { DayStatement } from "./days.ts";
import { diedError, lockedJobs, notFinished } from "./fragments.ts";

/**
 * `kind` is the whole rule. `counted` is the attempt count with the first attempt that died included: a message of
 * epoch 0 that comes here was handed out before, so its request may have left; it is noted even when the message is
 * stale, then without counting. A call whose answer got lost finds its own attempt open and is `begun` again.
 */
const statement = new DayStatement(
  "begin",
  (tables) => `
WITH input AS MATERIALIZED (
  SELECT *
  FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::float8[], $5::text[], $6::int[])
    WITH ORDINALITY AS u (job_id, message_epoch, attempt_id, started_ms, pod, max_attempts, ord)
), ${lockedJobs(tables)},
known AS MATERIALIZED (
  SELECT j.*, j.${notFinished} AND j.message_epoch = j.job_epoch AS current,
         j.message_epoch = 0 AND NOT EXISTS (
           SELECT FROM ${tables.attempts} f WHERE f.job_id = j.job_id AND f.id = j.job_id
         ) AS first_died,
         own.outcome AS own_outcome, own.number AS own_number
  FROM job j
  LEFT JOIN ${tables.attempts} own ON own.job_id = j.job_id AND own.id = j.attempt_id
  WHERE j.same
), counted AS (
  SELECT k.*, k.attempt_count + (k.current AND k.first_died)::int AS counted FROM known k
), decided AS MATERIALIZED (
  SELECT c.*,
         CASE WHEN NOT c.current THEN 'stale'
              WHEN c.own_outcome = 'IN_PROGRESS' THEN 'again'
              WHEN c.own_outcome IS NOT NULL THEN 'stale'
              WHEN c.manual AND c.status = 'SENDING' THEN 'MANUAL_RETRY_FAILED'
              WHEN NOT c.manual AND c.counted >= c.max_attempts THEN 'EXHAUSTED'
              ELSE 'begun' END AS kind
  FROM counted c
), died_first AS (
  INSERT INTO ${tables.attempts} (job_id, id, started_at, number, outcome, error)
  SELECT d.job_id, d.job_id, d.created_at, CASE WHEN d.current THEN d.counted ELSE 0 END, 'UNKNOWN', '${diedError}'
  FROM decided d
  WHERE d.first_died
), died AS (
  UPDATE ${tables.attempts} a
  SET outcome = 'UNKNOWN', error = '${diedError}'
  FROM decided d
  WHERE a.job_id = d.job_id AND a.outcome = 'IN_PROGRESS' AND d.kind NOT IN ('stale', 'again')
), begun AS (
  INSERT INTO ${tables.attempts} (job_id, id, started_at, number, outcome, pod)
  SELECT d.job_id, d.attempt_id, to_timestamp(d.started_ms / 1000), d.counted + 1, 'IN_PROGRESS', d.pod
  FROM decided d
  WHERE d.kind = 'begun'
), written AS (
  UPDATE ${tables.jobs} j
  SET attempt_count = d.counted + (d.kind = 'begun')::int,
      status = CASE d.kind WHEN 'begun' THEN 'SENDING' WHEN 'stale' THEN j.status ELSE 'FAILED' END,
      failure_reason = CASE d.kind WHEN 'begun' THEN NULL WHEN 'stale' THEN j.failure_reason ELSE d.kind END,
      queue = CASE WHEN d.kind IN ('begun', 'stale') THEN j.queue END,
      due_at = CASE WHEN d.kind IN ('begun', 'stale') THEN j.due_at END,
      held_reason = CASE WHEN d.kind = 'stale' THEN j.held_reason END,
      updated_at = now()
  FROM decided d
  WHERE j.id = d.job_id AND d.kind <> 'again' AND (d.kind <> 'stale' OR d.first_died)
)
SELECT ord::int - 1 AS row, kind, CASE kind WHEN 'again' THEN own_number ELSE counted + 1 END AS number,
       NOT manual AS scheduled
FROM decided
UNION ALL
SELECT ord::int - 1, 'moved', NULL, NULL FROM job WHERE NOT same`,
);

interface Columns {
  row: number;
  kind: "stale" | "moved" | "again" | "begun" | "MANUAL_RETRY_FAILED" | "EXHAUSTED";
  number: number;
  scheduled: boolean;
}

/** Begins attempts of one day's deliveries, none twice. Undefined: the delivery changed meanwhile, run the row again. */
export async function beginDay(pool: Pool, day: number, rows: BeginRow[]): Promise<(BeginOutcome | undefined)[]> {
  const found = await statement.run<Columns>(pool, day, [
    uuidArray(rows.map(({ deliveryId }) => deliveryId)),
    numberArray(rows.map(({ epoch }) => epoch)),
    uuidArray(rows.map(({ attemptId }) => attemptId)),
    timeArray(rows.map(({ startedAt }) => startedAt)),
    textArray(rows.map(({ pod }) => pod)),
    numberArray(rows.map(({ maxAttempts }) => maxAttempts)),
  ]);
  const outcomes = rows.map((): BeginOutcome | undefined => ({ kind: "stale" }));
  for (const columns of found ?? []) outcomes[columns.row] = outcomeOf(columns);
  return outcomes;
}

function outcomeOf({ kind, number, scheduled }: Columns): BeginOutcome | undefined {
  switch (kind) {
    case "moved":
      return undefined;
    case "stale":
      return { kind };
    case "begun":
    case "again":
      return { kind: "begun", number, scheduled };
    default:
      return { kind: "ended", reason: kind };
  }
}
