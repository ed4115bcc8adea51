import type { Pool } from "pg";
import { uuidTime } from "../../domain/ids.ts";
import type { AcceptRow } from "../../events/ports.ts";
import { bytesArray, numberArray, textArray, uuidArray } from "../arrays.ts";
import { runStatement } from "../statement.ts";

/** Why a row was not written. */
export type Refusal = "endpointsMoved" | "keyTaken";

/**
 * An idempotency key is inserted or, when it has expired, taken over; where somebody else is just inserting it, the
 * insert waits for them. Keys are locked in their order, so that two batches cannot wait for each other. The versions
 * are compared without a lock: an endpoint that was answered OK was committed before this statement's snapshot.
 */
const statement = {
  name: "accept",
  text: `
WITH input AS MATERIALIZED (
  SELECT *
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::bigint[], $7::float8[], $8::text[],
              $9::bytea[], $10::text[], $11::text[], $12::bytea[], $13::text[], $14::text[])
    WITH ORDINALITY AS u (id, workspace_id, project_id, type, delivery_count, endpoints_version, created_ms, key,
                          body_hash, region, queue, body, job_ids, endpoint_ids, ord)
), matched AS MATERIALIZED (
  SELECT i.*
  FROM input i
  JOIN workspaces w ON w.id = i.workspace_id AND w.endpoints_version = i.endpoints_version
), taken AS (
  INSERT INTO idempotency_keys AS k (workspace_id, key, body_hash, event_id, expires_at)
  SELECT workspace_id, key, body_hash, id, now() + interval '24 hours'
  FROM matched
  WHERE key IS NOT NULL
  ORDER BY workspace_id, key COLLATE "C"
  ON CONFLICT (workspace_id, key) DO UPDATE
    SET body_hash = excluded.body_hash, event_id = excluded.event_id, expires_at = excluded.expires_at
    WHERE k.expires_at <= now()
  RETURNING event_id
), accepted AS MATERIALIZED (
  SELECT * FROM matched WHERE key IS NULL OR id IN (SELECT event_id FROM taken)
), events AS (
  INSERT INTO webhook_events (id, workspace_id, project_id, created_at, delivery_count, type, body)
  SELECT id, workspace_id, project_id, to_timestamp(created_ms / 1000), delivery_count, type, body FROM accepted
), jobs AS (
  INSERT INTO webhook_jobs (id, event_id, endpoint_id, workspace_id, created_at, event_type, region, queue)
  SELECT j.id, a.id, j.endpoint_id, a.workspace_id, to_timestamp(a.created_ms / 1000), a.type, a.region, a.queue
  FROM accepted a, unnest(a.job_ids::uuid[], a.endpoint_ids::uuid[]) AS j (id, endpoint_id)
)
SELECT ord::int - 1 AS row, true AS moved FROM input WHERE ord NOT IN (SELECT ord FROM matched)
UNION ALL
SELECT ord::int - 1, false FROM matched WHERE ord NOT IN (SELECT ord FROM accepted)`,
};

/** Commits the rows in one statement, so in one transaction; no two may have the same key. Answers what it refused. */
export async function acceptRows(pool: Pool, rows: AcceptRow[]): Promise<Map<number, Refusal>> {
  const refused = await runStatement<{ row: number; moved: boolean }>(pool, statement, [
    uuidArray(rows.map(({ event }) => event.id)),
    uuidArray(rows.map(({ event }) => event.workspaceId)),
    uuidArray(rows.map(({ event }) => event.projectId)),
    textArray(rows.map(({ event }) => event.type)),
    numberArray(rows.map(({ deliveries }) => deliveries.length)),
    numberArray(rows.map(({ endpointsVersion }) => endpointsVersion)),
    numberArray(rows.map(({ event }) => uuidTime(event.id))),
    textArray(rows.map(({ idempotency }) => idempotency?.key ?? null)),
    bytesArray(rows.map(({ idempotency }) => idempotency?.bodyHash ?? null)),
    textArray(rows.map(({ region }) => region)),
    textArray(rows.map(({ queue }) => queue)),
    bytesArray(rows.map(({ event }) => event.body)),
    textArray(rows.map(({ deliveries }) => uuidArray(deliveries.map(({ id }) => id)))),
    textArray(rows.map(({ deliveries }) => uuidArray(deliveries.map(({ endpointId }) => endpointId)))),
  ]);
  return new Map(refused.map(({ row, moved }) => [row, moved ? "endpointsMoved" : "keyTaken"]));
}
