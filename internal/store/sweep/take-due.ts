import type { Pool } from "pg";
import type { Uuid } from "../../domain/ids.ts";
import type { DeliveryMessage } from "../../domain/message.ts";
import { unfinished } from "../delivery/fragments.ts";
import { runStatement, type Statement } from "../statement.ts";

interface Taken {
  picked: number;
  id: Uuid | null;
  endpoint_id: Uuid;
  event_id: Uuid;
  attempt_count: number;
  epoch: number;
  due_ms: number;
  body: Buffer;
}

/**
 * `picked` decides by the endpoint's row: ACTIVE, the queue holds it from now on; otherwise Postgres keeps it, out of
 * the way of what is due. The same goes for what belongs to a deleted endpoint, until `endDeleted` ends it.
 */
const taking = `
moved AS (
  UPDATE webhook_jobs j
  SET queue = CASE WHEN p.active THEN $2 END,
      epoch = j.epoch + p.active::int,
      enqueued_at = CASE WHEN p.active THEN now() ELSE j.enqueued_at END,
      held_reason = CASE WHEN p.active THEN NULL WHEN p.status = 'SUSPENDED' THEN 'ENDPOINT_SUSPENDED'
                         ELSE 'ENDPOINT_DISABLED' END,
      updated_at = now()
  FROM picked p
  WHERE j.id = p.id
  RETURNING j.id, j.endpoint_id, j.event_id, j.attempt_count, j.epoch, j.due_at, p.active
)
SELECT (SELECT count(*)::int FROM picked) AS picked, m.id, m.endpoint_id, m.event_id, m.attempt_count, m.epoch,
       extract(epoch FROM m.due_at)::float8 * 1000 AS due_ms, e.body
FROM (SELECT) one
LEFT JOIN moved m ON m.active
LEFT JOIN webhook_events e ON e.id = m.event_id`;

const dueStatement = {
  text: `
WITH due AS MATERIALIZED (
  SELECT id, endpoint_id
  FROM webhook_jobs
  WHERE region = $1 AND queue IS NULL AND held_reason IS NULL AND ${unfinished} AND due_at <= now()
  ORDER BY due_at
  LIMIT $3
  FOR UPDATE SKIP LOCKED
), picked AS MATERIALIZED (
  SELECT d.id, e.status, e.status = 'ACTIVE' AND e.deleted_at IS NULL AS active
  FROM due d
  JOIN webhook_endpoints e ON e.id = d.endpoint_id
), ${taking}`,
};

/** Held deliveries whose endpoint is ACTIVE again; the endpoints that have any are found by skipping through the index. */
const releasedStatement = {
  text: `
WITH RECURSIVE held AS (
  (SELECT endpoint_id FROM webhook_jobs
   WHERE region = $1 AND queue IS NULL AND held_reason IS NOT NULL AND ${unfinished}
   ORDER BY endpoint_id LIMIT 1)
  UNION ALL
  SELECT (SELECT j.endpoint_id FROM webhook_jobs j
          WHERE j.region = $1 AND j.queue IS NULL AND j.held_reason IS NOT NULL AND j.${unfinished}
            AND j.endpoint_id > held.endpoint_id
          ORDER BY j.endpoint_id LIMIT 1)
  FROM held
  WHERE held.endpoint_id IS NOT NULL
), picked AS MATERIALIZED (
  SELECT j.id, e.status, true AS active
  FROM held
  JOIN webhook_endpoints e ON e.id = held.endpoint_id AND e.status = 'ACTIVE' AND e.deleted_at IS NULL
  JOIN webhook_jobs j ON j.endpoint_id = e.id
  WHERE j.region = $1 AND j.queue IS NULL AND j.held_reason IS NOT NULL AND j.${unfinished} AND j.due_at <= now()
  LIMIT $3
  FOR UPDATE OF j SKIP LOCKED
), ${taking}`,
};

/**
 * Takes what Postgres holds, is due and has an ACTIVE endpoint: it is `queue`'s under a new epoch and must be published.
 * What was held while its endpoint was not comes first.
 */
export async function takeDue(pool: Pool, region: string, queue: string, limit: number): Promise<DeliveryMessage[]> {
  const released = await run(pool, releasedStatement, region, queue, limit);
  // It waited for its owner: due since now, or Sealpost would seem to be late.
  if (released.messages.length > 0) return released.messages.map((message) => ({ ...message, dueAt: Date.now() }));
  while (true) {
    const { picked, messages } = await run(pool, dueStatement, region, queue, limit);
    // A page may hold nothing but deliveries of endpoints that are not: they are out of the way now.
    if (messages.length > 0 || picked < limit) return messages;
  }
}

async function run(
  pool: Pool,
  statement: Statement,
  region: string,
  queue: string,
  limit: number,
): Promise<{ picked: number; messages: DeliveryMessage[] }> {
  const rows = await runStatement<Taken>(pool, statement, [region, queue, limit]);
  const messages = rows.flatMap((row) =>
    row.id === null
      ? []
      : {
          deliveryId: row.id,
          endpointId: row.endpoint_id,
          eventId: row.event_id,
          region,
          attempt: row.attempt_count + 1,
          epoch: row.epoch,
          dueAt: row.due_ms,
          body: row.body,
        },
  );
  return { picked: rows[0]?.picked ?? 0, messages };
}
