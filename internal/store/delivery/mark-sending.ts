import type { Pool } from "pg";
import type { DeliveryRecord } from "../../delivery/ports.ts";
import { numberArray, textArray, timeArray, uuidArray } from "../arrays.ts";
import { DayStatement } from "./days.ts";
import { lockedJobs } from "./fragments.ts";

/** Only what nobody has recorded anything of: a first attempt that was settled meanwhile is past being shown. */
const statement = new DayStatement(
  "markSending",
  (tables) => `
WITH input AS MATERIALIZED (
  SELECT *
  FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::float8[], $5::text[])
    WITH ORDINALITY AS u (job_id, message_epoch, attempt_id, started_ms, pod, ord)
), ${lockedJobs(tables)},
started AS MATERIALIZED (
  SELECT j.*
  FROM job j
  WHERE j.same AND j.status = 'PENDING' AND j.job_epoch = j.message_epoch AND j.attempt_count = 0
    AND NOT EXISTS (SELECT FROM ${tables.attempts} a WHERE a.job_id = j.job_id)
), inserted AS (
  INSERT INTO ${tables.attempts} (job_id, id, started_at, number, outcome, pod)
  SELECT s.job_id, s.attempt_id, to_timestamp(s.started_ms / 1000), 1, 'IN_PROGRESS', s.pod FROM started s
), marked AS (
  UPDATE ${tables.jobs} j SET status = 'SENDING', attempt_count = 1, updated_at = now()
  FROM started s
  WHERE j.id = s.job_id
)
SELECT ord::int - 1 AS row FROM job WHERE NOT same`,
);

/** Marks first attempts of one day. Undefined: the delivery changed meanwhile, run the row again. */
export async function markSendingDay(
  pool: Pool,
  day: number,
  rows: Parameters<DeliveryRecord["markSending"]>[0],
): Promise<(true | undefined)[]> {
  const moved = await statement.run<{ row: number }>(pool, day, [
    uuidArray(rows.map(({ deliveryId }) => deliveryId)),
    numberArray(rows.map(({ epoch }) => epoch)),
    uuidArray(rows.map(({ attemptId }) => attemptId)),
    timeArray(rows.map(({ startedAt }) => startedAt)),
    textArray(rows.map(({ pod }) => pod)),
  ]);
  const again = new Set(moved?.map(({ row }) => row));
  return rows.map((_, i) => (again.has(i) ? undefined : true));
}
