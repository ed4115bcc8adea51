import type { Pool } from "pg";
import type { Delivery } from "../../domain/entities.ts";
import type { Scan } from "../../domain/paging.ts";
import type { DeliveryRange } from "../../history/ports.ts";
import { runStatement } from "../statement.ts";
import { toDelivery } from "./rows.ts";

/** Rows that one look passes at most: some 5 ms, also where none of them has the wanted status. */
const scanRows = 10_000;

const smallest = "00000000-0000-0000-0000-000000000000";
const largest = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/**
 * The pair is what only the index by endpoint knows. With `endpoint_id = $1 … ORDER BY id` the planner also sees the
 * primary key, and walks it past everybody else's deliveries where it takes the endpoint for a busy one. The bounds of
 * the id alone leave out the days that are not asked for.
 */
const range = `
FROM webhook_jobs
WHERE (endpoint_id, id) < ($1, $2) AND (endpoint_id, id) >= ($1, $3)
ORDER BY endpoint_id DESC, id DESC`;

/**
 * `scanned_to` is where a look ended that did not fill its page; in one statement, so that both see the same rows. The
 * bounds are parameters because the planner sorts the whole range where it thinks that the bound is larger than that.
 */
export const scanStatement = {
  name: "scanDeliveries",
  text: `
WITH page AS MATERIALIZED (
  SELECT * FROM (SELECT * ${range} LIMIT $6) scanned
  WHERE $4::text[] IS NULL OR status = ANY ($4)
  LIMIT $5
), ending AS (
  SELECT CASE WHEN (SELECT count(*) FROM page) < $5 THEN (SELECT id ${range} OFFSET $6 - 1 LIMIT 1) END
         AS scanned_to
)
SELECT e.scanned_to AS "scannedTo", p.id, p.event_id AS "eventId", p.endpoint_id AS "endpointId",
       p.workspace_id AS "workspaceId", p.event_type AS "eventType", p.region, p.status,
       p.attempt_count AS "attemptCount", p.due_at AS "dueAt", p.held_reason AS "heldReason",
       p.failure_reason AS "failureReason", p.updated_at AS "updatedAt"
FROM ending e
LEFT JOIN page p ON true
ORDER BY p.id DESC`,
};

type Columns = Parameters<typeof toDelivery>[0] & { scannedTo: string | null };

/** Looks into an endpoint's deliveries, newest first. */
export async function scanDeliveries(prepared: Pool, asked: DeliveryRange): Promise<Scan<Delivery>> {
  const { endpointId, before = largest, from = smallest, statuses, limit } = asked;
  const values = [endpointId, before, from, statuses.length > 0 ? statuses : null, limit, scanRows];
  const rows = await runStatement<Columns>(prepared, scanStatement, values);
  // Where the page is empty, one row tells where the look ended.
  const items = rows.filter(({ id }) => id !== null).map(toDelivery);
  return { items, scannedTo: rows[0]?.scannedTo ?? undefined };
}
