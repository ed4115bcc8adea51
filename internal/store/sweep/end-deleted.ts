import type { Pool } from "pg";
import type { Uuid } from "../../domain/ids.ts";
import { unfinished } from "../delivery/fragments.ts";
import { runStatement } from "../statement.ts";

const toEnd = {
  text: `SELECT id FROM webhook_endpoints
         WHERE region = $1 AND deleted_at IS NOT NULL AND deliveries_ended_at IS NULL ORDER BY id LIMIT 1`,
};

const endPage = {
  text: `
WITH page AS MATERIALIZED (
  SELECT id FROM webhook_jobs WHERE endpoint_id = $1 AND ${unfinished} LIMIT $2 FOR UPDATE SKIP LOCKED
), ended AS (
  UPDATE webhook_jobs j
  SET status = 'FAILED', failure_reason = 'ENDPOINT_DELETED', queue = NULL, held_reason = NULL, due_at = NULL,
      updated_at = now()
  FROM page
  WHERE j.id = page.id
)
SELECT count(*)::int AS count FROM page`,
};

/**
 * Nothing can be added once the endpoint is deleted for as long as a statement may run, so what is not there then
 * never will be.
 */
const markEnded = {
  text: `UPDATE webhook_endpoints SET deliveries_ended_at = now()
         WHERE id = $1 AND deleted_at < now() - interval '1 minute'
           AND NOT EXISTS (SELECT FROM webhook_jobs WHERE endpoint_id = $1 AND ${unfinished})`,
};

/** Ends a page of one deleted endpoint's unfinished deliveries; what is locked waits for the next page. */
export async function endDeliveriesOf(pool: Pool, endpointId: Uuid, limit: number): Promise<number> {
  const [row] = await runStatement<{ count: number }>(pool, endPage, [endpointId, limit]);
  return row?.count ?? 0;
}

/** Ends unfinished deliveries of a region's deleted endpoints, one endpoint after the other. Answers how many. */
export async function endDeleted(pool: Pool, region: string, limit: number): Promise<number> {
  const [endpoint] = await runStatement<{ id: Uuid }>(pool, toEnd, [region]);
  if (!endpoint) return 0;
  const count = await endDeliveriesOf(pool, endpoint.id, limit);
  if (count === 0) await runStatement(pool, markEnded, [endpoint.id]);
  return count;
}
