import type { CreationAttributes, Model, ModelStatic } from "sequelize";
import type { AuditEntryRow } from "../models/audit-entry.ts";
import { columnsOf } from "../models/columns.ts";
import type { Models } from "../models/models.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import type { WebhookEndpointSecretRow } from "../models/webhook-endpoint-secret.ts";
import type { Statement } from "../statement.ts";

/** The rows of one new endpoint. */
export interface AddedRows {
  endpoint: CreationAttributes<WebhookEndpointRow>;
  secret: CreationAttributes<WebhookEndpointSecretRow>;
  entry: CreationAttributes<AuditEntryRow>;
}

/** What became of a row: `managed` is the endpoint that its resource manages already; neither: there is no room. */
export interface AddOutcome {
  added: boolean;
  managed: string | null;
  /** How many endpoints the workspace had before; a bigint, so text. */
  there: string;
}

/** Inserts those of the JSON rows in `parameter` whose `key` is an endpoint that fits. */
function insert(model: ModelStatic<Model>, parameter: string, key: string): string {
  const { declared, attributes, fields } = columnsOf(model);
  return `INSERT INTO ${model.tableName} (${fields})
  SELECT ${attributes} FROM json_to_recordset(${parameter}) AS r (${declared})
  WHERE r."${key}" IN (SELECT id FROM fitting)`;
}

/**
 * Adds endpoints of one workspace with their secrets and audit entries, raises the endpoints version and tells every
 * process, in one statement. The workspace is locked before, in a statement of its own: this one's snapshot has
 * everybody who was there first. $8 is how many endpoints it has, where that is known: counting ten thousand takes longer
 * than all the rest.
 */
export function addStatement({ WebhookEndpoint, WebhookEndpointSecret, AuditEntry }: Models): Statement {
  return {
    name: "addEndpoints",
    text: `
WITH wanted AS MATERIALIZED (
  SELECT * FROM ROWS FROM (json_to_recordset($4) AS (id uuid, "managerUid" text)) WITH ORDINALITY AS r (id, uid, ord)
), managed AS MATERIALIZED (
  SELECT w.ord, e.id
  FROM wanted w
  JOIN webhook_endpoints e ON e.manager_uid = w.uid AND e.deleted_at IS NULL
  JOIN workspaces s ON s.id = e.workspace_id AND s.company_id = $1
), counted AS MATERIALIZED (
  SELECT coalesce(
    $8::bigint,
    (SELECT count(*) FROM webhook_endpoints WHERE workspace_id = $2 AND deleted_at IS NULL)
  ) AS there
), fitting AS MATERIALIZED (
  SELECT ord, id
  FROM (
    SELECT ord, id, row_number() OVER (ORDER BY ord) AS nth FROM wanted WHERE ord NOT IN (SELECT ord FROM managed)
  ) free, counted
  WHERE there + nth <= $3
), endpoints AS (
  ${insert(WebhookEndpoint, "$4", "id")}
), secrets AS (
  ${insert(WebhookEndpointSecret, "$5", "endpointId")}
), entries AS (
  ${insert(AuditEntry, "$6", "resourceId")}
), raised AS (
  UPDATE workspaces SET endpoints_version = endpoints_version + (SELECT count(*) FROM fitting) WHERE id = $2
), told AS MATERIALIZED (
  SELECT pg_notify($7, change)
  FROM (
    SELECT 'endpoint:' || id AS change FROM fitting
    UNION ALL
    SELECT 'workspace:' || $2::uuid WHERE EXISTS (SELECT FROM fitting)
  ) changes
)
SELECT f.id IS NOT NULL AS added, m.id AS managed, c.there, (SELECT count(*) FROM told)
FROM wanted w
CROSS JOIN counted c
LEFT JOIN fitting f ON f.ord = w.ord
LEFT JOIN managed m ON m.ord = w.ord
ORDER BY w.ord`,
  };
}

/** The values of the statement's last parameters but one: the rows as JSON. */
export function addValues(rows: AddedRows[]): string[] {
  return [
    JSON.stringify(rows.map(({ endpoint }) => ({ ...endpoint, headers: endpoint.headers && hex(endpoint.headers) }))),
    JSON.stringify(rows.map(({ secret }) => ({ ...secret, sealed: hex(secret.sealed) }))),
    JSON.stringify(rows.map(({ entry }) => entry)),
  ];
}

/** As Postgres reads bytes from text. */
function hex(bytes: Buffer): string {
  return `\\x${bytes.toString("hex")}`;
}
