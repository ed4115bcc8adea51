import type { Pool } from "pg";
import type { HandOverRow } from "../../delivery/ports.ts";
import { booleanArray, numberArray, textArray, timeArray, uuidArray } from "../arrays.ts";
import { DayStatement } from "./days.ts";
import { currentJobs } from "./fragments.ts";

const statement = new DayStatement(
  "handOver",
  (tables) => `
WITH input AS MATERIALIZED (
  SELECT *
  FROM unnest($1::uuid[], $2::int[], $3::boolean[], $4::text[], $5::float8[])
    WITH ORDINALITY AS u (job_id, message_epoch, redelivered, new_queue, not_before_ms, ord)
), ${currentJobs(tables)},
moved AS (
  UPDATE ${tables.jobs} j
  SET queue = g.new_queue,
      epoch = j.epoch + 1,
      enqueued_at = now(),
      due_at = CASE WHEN g.new_queue IS NULL
                    THEN greatest(coalesce(j.due_at, now()), to_timestamp(g.not_before_ms / 1000))
                    ELSE j.due_at END,
      held_reason = NULL,
      attempt_count = j.attempt_count + g.first_died::int,
      updated_at = now()
  FROM job g
  WHERE j.id = g.job_id
  RETURNING g.ord, j.epoch
)
SELECT ord::int - 1 AS row, epoch FROM moved`,
);

/** Gives deliveries of one day another holder, none twice. */
export async function handOverDay(
  pool: Pool,
  day: number,
  rows: HandOverRow[],
): Promise<({ epoch: number } | "stale")[]> {
  const moved = await statement.run<{ row: number; epoch: number }>(pool, day, [
    uuidArray(rows.map(({ deliveryId }) => deliveryId)),
    numberArray(rows.map(({ epoch }) => epoch)),
    booleanArray(rows.map(({ redelivered }) => redelivered ?? false)),
    textArray(rows.map(({ queue }) => queue)),
    timeArray(rows.map(({ notBefore }) => notBefore ?? null)),
  ]);
  const epochs = new Map(moved?.map(({ row, epoch }) => [row, epoch]));
  return rows.map((_, i) => {
    const epoch = epochs.get(i);
    return epoch === undefined ? "stale" : { epoch };
  });
}
