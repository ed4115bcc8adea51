import { QueryTypes, type Sequelize } from "sequelize";
import type { Delivery } from "../../domain/entities.ts";
import type { DeliveryRange, DeliveryScan } from "../../history/ports.ts";
import { run } from "../models/run.ts";
import { toDelivery } from "./rows.ts";

/** Rows that one look passes at most: a few ms, also where none of them has the wanted status. */
const scanRows = 10_000;

const smallest = "00000000-0000-0000-0000-000000000000";
const largest = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/**
 * One index range scan, newest partition first, that stops as soon as the page is full. `scanned_to` is where a look
 * ended that did not fill it; in one statement, so that both see the same rows.
 */
const sql = `
WITH page AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT * FROM webhook_jobs
    WHERE endpoint_id = $1 AND id < $2 AND id >= $3
    ORDER BY id DESC
    LIMIT ${scanRows}
  ) scanned
  WHERE status = ANY ($4::text[]) OR $4 IS NULL
  ORDER BY id DESC
  LIMIT $5
), ending AS (
  SELECT CASE WHEN (SELECT count(*) FROM page) < $5 THEN (
    SELECT id FROM webhook_jobs
    WHERE endpoint_id = $1 AND id < $2 AND id >= $3
    ORDER BY id DESC
    OFFSET ${scanRows - 1} LIMIT 1
  ) END AS scanned_to
)
SELECT e.scanned_to AS "scannedTo", p.id, p.event_id AS "eventId", p.endpoint_id AS "endpointId",
       p.workspace_id AS "workspaceId", p.event_type AS "eventType", p.region, p.status,
       p.attempt_count AS "attemptCount", p.due_at AS "dueAt", p.held_reason AS "heldReason",
       p.failure_reason AS "failureReason", p.updated_at AS "updatedAt"
FROM ending e
LEFT JOIN page p ON true
ORDER BY p.id DESC`;

type Columns = Parameters<typeof toDelivery>[0] & { scannedTo: string | null };

/** Looks into an endpoint's deliveries, newest first. */
export async function scanDeliveries(sequelize: Sequelize, range: DeliveryRange): Promise<DeliveryScan> {
  const { endpointId, before = largest, from = smallest, statuses, limit } = range;
  const bind = [endpointId, before, from, statuses.length > 0 ? statuses : null, limit];
  const rows = await run(() => sequelize.query<Columns>(sql, { bind, type: QueryTypes.SELECT }));
  const deliveries: Delivery[] = rows.filter(({ id }) => id !== null).map(toDelivery);
  return { deliveries, scannedTo: rows[0]?.scannedTo ?? undefined };
}
