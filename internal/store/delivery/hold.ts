import type { Pool } from "pg";
import type { DeliveryRecord } from "../../delivery/ports.ts";
import { booleanArray, numberArray, textArray, uuidArray } from "../arrays.ts";
import { DayStatement } from "./days.ts";
import { currentJobs, notFinished } from "./fragments.ts";

/**
 * The endpoint's row is locked FOR SHARE before its state is believed: an enable that is under way is waited for, and
 * one that comes later finds the deliveries held. Endpoints are locked before deliveries.
 */
const statement = new DayStatement(
  "hold",
  (tables) => `
WITH input AS MATERIALIZED (
  SELECT *
  FROM unnest($1::uuid[], $2::int[], $3::boolean[], $4::text[])
    WITH ORDINALITY AS u (job_id, message_epoch, redelivered, reason, ord)
), waiting AS MATERIALIZED (
  SELECT i.ord, j.id, j.endpoint_id
  FROM input i
  JOIN ${tables.jobs} j ON j.id = i.job_id
  WHERE j.epoch = i.message_epoch AND j.${notFinished}
), endpoint AS MATERIALIZED (
  SELECT e.id, e.status = 'ACTIVE' AND e.deleted_at IS NULL AS active
  FROM webhook_endpoints e
  WHERE e.id IN (SELECT endpoint_id FROM waiting)
  ORDER BY e.id
  FOR SHARE OF e
), ${currentJobs(tables, "AND j.endpoint_id NOT IN (SELECT id FROM endpoint WHERE active)")},
held AS (
  UPDATE ${tables.jobs} j
  SET queue = NULL,
      epoch = j.epoch + 1,
      enqueued_at = now(),
      due_at = coalesce(j.due_at, now()),
      held_reason = g.reason,
      attempt_count = j.attempt_count + g.first_died::int,
      updated_at = now()
  FROM job g
  WHERE j.id = g.job_id
  RETURNING g.ord
)
SELECT ord::int - 1 AS row,
       CASE WHEN ord IN (SELECT ord FROM held) THEN 'held'
            WHEN endpoint_id IN (SELECT id FROM endpoint WHERE active) THEN 'active'
            ELSE 'stale' END AS kind
FROM waiting`,
);

/** Holds deliveries of one day, none twice. */
export async function holdDay(
  pool: Pool,
  day: number,
  rows: Parameters<DeliveryRecord["hold"]>[0],
): Promise<("held" | "active" | "stale")[]> {
  const found = await statement.run<{ row: number; kind: "held" | "active" | "stale" }>(pool, day, [
    uuidArray(rows.map(({ deliveryId }) => deliveryId)),
    numberArray(rows.map(({ epoch }) => epoch)),
    booleanArray(rows.map(({ redelivered }) => redelivered ?? false)),
    textArray(rows.map(({ reason }) => reason)),
  ]);
  const kinds = new Map(found?.map(({ row, kind }) => [row, kind]));
  return rows.map((_, i) => kinds.get(i) ?? "stale");
}
