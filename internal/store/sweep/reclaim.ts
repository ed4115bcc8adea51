import type { Pool } from "pg";
import type { Uuid } from "../../domain/ids.ts";
import { unfinished } from "../delivery/fragments.ts";
import { runStatement } from "../statement.ts";

/**
 * Back to Postgres under a new epoch, due when it was. A first attempt leaves unread, so nobody knows whether it left:
 * that is noted as an UNKNOWN that does not count, under the id that attempt would have.
 */
const text = (lane: string) => `
WITH lost AS MATERIALIZED (
  SELECT j.id, j.epoch = 0 AND j.attempt_count = 0 AS unread, j.created_at
  FROM webhook_jobs j
  WHERE j.queue = $1 AND j.enqueued_at < $2 AND j.${unfinished} ${lane}
  ORDER BY j.enqueued_at
  LIMIT $3
  FOR UPDATE SKIP LOCKED
), noted AS (
  INSERT INTO webhook_delivery_attempts (job_id, id, started_at, number, outcome, error)
  SELECT id, id, created_at, 0, 'UNKNOWN', 'the broker lost this delivery: its first request may have left before'
  FROM lost
  WHERE unread
  ON CONFLICT DO NOTHING
), taken AS (
  UPDATE webhook_jobs j
  SET queue = NULL, epoch = j.epoch + 1, due_at = coalesce(j.due_at, now()), updated_at = now()
  FROM lost
  WHERE j.id = lost.id
)
SELECT count(*)::int AS count FROM lost`;

const byQueue = { text: text("") };
const byLane = { text: text("AND starts_with(j.queue, 'LANES_') AND j.endpoint_id = $4") };

/** Gives deliveries that their stream has lost back to Postgres. Answers how many. */
export async function reclaim(pool: Pool, queue: string, enqueuedBefore: Date, limit: number): Promise<number> {
  const [row] = await runStatement<{ count: number }>(pool, byQueue, [queue, enqueuedBefore, limit]);
  return row?.count ?? 0;
}

/** The same for one endpoint's lane. */
export async function reclaimLane(
  pool: Pool,
  queue: string,
  endpointId: Uuid,
  enqueuedBefore: Date,
  limit: number,
): Promise<number> {
  const [row] = await runStatement<{ count: number }>(pool, byLane, [queue, enqueuedBefore, limit, endpointId]);
  return row?.count ?? 0;
}
