import type { Pool } from "pg";
import type { DeliveryRecord } from "../../delivery/ports.ts";
import { booleanArray, numberArray, textArray, uuidArray } from "../arrays.ts";
import { DayStatement } from "./days.ts";
import { currentJobs } from "./fragments.ts";

const statement = new DayStatement(
  "end",
  (tables) => `
WITH input AS MATERIALIZED (
  SELECT *
  FROM unnest($1::uuid[], $2::int[], $3::boolean[], $4::text[])
    WITH ORDINALITY AS u (job_id, message_epoch, redelivered, reason, ord)
), ${currentJobs(tables)},
ended AS (
  UPDATE ${tables.jobs} j
  SET status = 'FAILED', failure_reason = g.reason, queue = NULL, due_at = NULL, held_reason = NULL,
      attempt_count = j.attempt_count + g.first_died::int, updated_at = now()
  FROM job g
  WHERE j.id = g.job_id
)
SELECT`,
);

/** Ends deliveries of one day, none twice; what moved on or finished stays as it is. */
export async function endDay(pool: Pool, day: number, rows: Parameters<DeliveryRecord["end"]>[0]): Promise<true[]> {
  await statement.run(pool, day, [
    uuidArray(rows.map(({ deliveryId }) => deliveryId)),
    numberArray(rows.map(({ epoch }) => epoch)),
    booleanArray(rows.map(({ redelivered }) => redelivered ?? false)),
    textArray(rows.map(({ reason }) => reason)),
  ]);
  return rows.map(() => true);
}
