import type { Pool } from "pg";
import type { Uuid } from "../../domain/ids.ts";
import { queues } from "../../domain/message.ts";
import { unfinished } from "../delivery/fragments.ts";
import { runStatement } from "../statement.ts";

/** Every queue that holds something unfinished, found by skipping through the index from one name to the next. */
const queuesStatement = {
  name: "queuesInUse",
  text: `
WITH RECURSIVE used AS (
  (SELECT queue FROM webhook_jobs WHERE queue IS NOT NULL AND ${unfinished} ORDER BY queue LIMIT 1)
  UNION ALL
  SELECT (SELECT j.queue FROM webhook_jobs j WHERE j.queue > used.queue AND j.${unfinished} ORDER BY j.queue LIMIT 1)
  FROM used
  WHERE used.queue IS NOT NULL
)
SELECT queue FROM used WHERE queue IS NOT NULL`,
};

/** The streams that hold unfinished deliveries of a region, as the record has it. */
export async function queuesInUse(pool: Pool, region: string): Promise<string[]> {
  const rows = await runStatement<{ queue: string }>(pool, queuesStatement, []);
  const tier = queues.retries(region, 0).slice(0, -1);
  return rows
    .map(({ queue }) => queue)
    .filter(
      (queue) =>
        queue === queues.deliveries(region) ||
        queue === queues.lanes(region) ||
        // A region's name may begin another's: after our prefix there are only the tier's seconds.
        (queue.startsWith(tier) && /^\d+$/.test(queue.slice(tier.length))),
    );
}

const lanesStatement = {
  name: "laneEndpoints",
  text: `
SELECT DISTINCT endpoint_id FROM (
  SELECT endpoint_id FROM webhook_jobs
  WHERE queue = $1 AND starts_with(queue, 'LANES_') AND ${unfinished} AND enqueued_at < $2
  ORDER BY endpoint_id
) waiting LIMIT $3`,
};

/** Endpoints with deliveries in a LANES stream since before this time. */
export async function laneEndpoints(pool: Pool, queue: string, enqueuedBefore: Date, limit: number): Promise<Uuid[]> {
  const rows = await runStatement<{ endpoint_id: Uuid }>(pool, lanesStatement, [queue, enqueuedBefore, limit]);
  return rows.map((row) => row.endpoint_id);
}
