import type { Pool } from "pg";
import { queues } from "../../domain/message.ts";
import { unfinished } from "../delivery/fragments.ts";
import { runStatement } from "../statement.ts";

/** Every queue that holds something unfinished, found by skipping through the index from one name to the next. */
const queuesStatement = {
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
