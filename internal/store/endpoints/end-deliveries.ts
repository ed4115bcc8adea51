import { QueryTypes, type Sequelize } from "sequelize";
import type { Uuid } from "../../domain/ids.ts";
import { run } from "../models/run.ts";

/** Locked in the order of their ids, as everybody does who locks several. */
const sql = `
WITH unfinished AS MATERIALIZED (
  SELECT id
  FROM webhook_jobs
  WHERE endpoint_id = $1 AND status IN ('PENDING', 'SENDING', 'RETRY_SCHEDULED')
  ORDER BY id
  LIMIT $2
  FOR UPDATE
), ended AS (
  UPDATE webhook_jobs j
  SET status = 'FAILED', failure_reason = 'ENDPOINT_DELETED', queue = NULL, due_at = NULL, held_reason = NULL,
      updated_at = now()
  FROM unfinished u
  WHERE j.id = u.id
  RETURNING j.id
)
SELECT count(*)::int AS count FROM ended`;

/** Ends at most `limit` unfinished deliveries of a deleted endpoint. Answers how many. */
export async function endDeliveries(sequelize: Sequelize, endpointId: Uuid, limit: number): Promise<number> {
  const [ended] = await run(() =>
    sequelize.query<{ count: number }>(sql, { bind: [endpointId, limit], type: QueryTypes.SELECT }),
  );
  return ended?.count ?? 0;
}
