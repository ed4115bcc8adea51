import type { Pool } from "pg";
import type { Uuid } from "../../domain/ids.ts";
import { unfinished } from "../delivery/fragments.ts";
import { runStatement } from "../statement.ts";

const inLane = `j.queue = $1 AND starts_with(j.queue, 'LANES_') AND j.${unfinished}`;

/** Skips through the index from one endpoint to the next, however many deliveries each has. */
const statement = {
  text: `
WITH RECURSIVE lane AS (
  (SELECT j.endpoint_id FROM webhook_jobs j WHERE ${inLane} AND j.endpoint_id > $2 ORDER BY j.endpoint_id LIMIT 1)
  UNION ALL
  SELECT (SELECT j.endpoint_id FROM webhook_jobs j WHERE ${inLane} AND j.endpoint_id > lane.endpoint_id
          ORDER BY j.endpoint_id LIMIT 1)
  FROM lane
  WHERE lane.endpoint_id IS NOT NULL
)
SELECT endpoint_id
FROM lane
WHERE EXISTS (SELECT FROM webhook_jobs j WHERE ${inLane} AND j.endpoint_id = lane.endpoint_id AND j.enqueued_at < $3)
LIMIT $4`,
};

/** Endpoints behind this id, in the order of their ids, with deliveries in a LANES stream since before this time. */
export async function laneEndpoints(
  pool: Pool,
  queue: string,
  behind: Uuid,
  enqueuedBefore: Date,
  limit: number,
): Promise<Uuid[]> {
  const rows = await runStatement<{ endpoint_id: Uuid }>(pool, statement, [queue, behind, enqueuedBefore, limit]);
  return rows.map((row) => row.endpoint_id);
}
