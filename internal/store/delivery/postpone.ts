import type { Pool } from "pg";
import type { PostponeRow } from "../../delivery/ports.ts";
import { numberArray, textArray, timeArray, uuidArray } from "../arrays.ts";
import { DayStatement } from "./days.ts";
import { lockedJobs, notFinished } from "./fragments.ts";

/**
 * Takes back what `begin` and `markSending` wrote of the attempt. Only where it is still the delivery's: when another
 * process took the delivery over meanwhile, that one's attempt decides.
 */
const statement = new DayStatement(
  "postpone",
  (tables) => `
WITH input AS MATERIALIZED (
  SELECT *
  FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::float8[], $5::float8[], $6::text[], $7::text[], $8::text[],
              $9::real[], $10::real[], $11::real[])
    WITH ORDINALITY AS u (job_id, message_epoch, attempt_id, started_ms, not_before_ms, pod, outcome, error, dns_ms,
                          connect_ms, total_ms, ord)
), ${lockedJobs(tables)},
current AS MATERIALIZED (
  SELECT j.*, j.attempt_count - (own.id IS NOT NULL)::int AS counted
  FROM job j
  LEFT JOIN ${tables.attempts} own ON own.job_id = j.job_id AND own.id = j.attempt_id
  WHERE j.same AND j.${notFinished} AND j.job_epoch = j.message_epoch
    AND CASE WHEN own.id IS NULL THEN j.status <> 'SENDING' ELSE own.outcome = 'IN_PROGRESS' END
), forgotten AS (
  DELETE FROM ${tables.attempts} a
  USING current c
  WHERE a.job_id = c.job_id AND a.id <> c.attempt_id AND a.number = 0 AND a.outcome = 'INTERNAL'
), noted AS (
  INSERT INTO ${tables.attempts} AS a (job_id, id, started_at, number, outcome, error, pod, dns_ms, connect_ms, total_ms)
  SELECT c.job_id, c.attempt_id, to_timestamp(c.started_ms / 1000), 0, c.outcome, c.error, c.pod, c.dns_ms,
         c.connect_ms, c.total_ms
  FROM current c
  ON CONFLICT (job_id, id) DO UPDATE
  SET number = 0, outcome = excluded.outcome, error = excluded.error, dns_ms = excluded.dns_ms,
      connect_ms = excluded.connect_ms, total_ms = excluded.total_ms
), rested AS (
  UPDATE ${tables.jobs} j
  SET attempt_count = c.counted,
      status = CASE WHEN c.manual OR c.counted = 0 THEN 'PENDING' ELSE 'RETRY_SCHEDULED' END,
      queue = NULL,
      epoch = j.epoch + 1,
      enqueued_at = now(),
      due_at = to_timestamp(c.not_before_ms / 1000),
      held_reason = NULL,
      updated_at = now()
  FROM current c
  WHERE j.id = c.job_id
)
SELECT ord::int - 1 AS row FROM job WHERE NOT same`,
);

/** Postpones deliveries of one day. Undefined: the delivery changed meanwhile, run the row again. */
export async function postponeDay(pool: Pool, day: number, rows: PostponeRow[]): Promise<(true | undefined)[]> {
  const moved = await statement.run<{ row: number }>(pool, day, [
    uuidArray(rows.map(({ deliveryId }) => deliveryId)),
    numberArray(rows.map(({ epoch }) => epoch)),
    uuidArray(rows.map(({ attempt }) => attempt.id)),
    timeArray(rows.map(({ attempt }) => attempt.startedAt)),
    timeArray(rows.map(({ notBefore }) => notBefore)),
    textArray(rows.map(({ attempt }) => attempt.pod)),
    textArray(rows.map(({ attempt }) => attempt.outcome)),
    textArray(rows.map(({ attempt }) => attempt.error)),
    numberArray(rows.map(({ attempt }) => attempt.timing.dnsMs)),
    numberArray(rows.map(({ attempt }) => attempt.timing.connectMs)),
    numberArray(rows.map(({ attempt }) => attempt.timing.totalMs)),
  ]);
  const again = new Set(moved?.map(({ row }) => row));
  return rows.map((_, i) => (again.has(i) ? undefined : true));
}
