import type { Pool } from "pg";
import type { AuditFilter } from "../../audit/ports.ts";
import type { AuditEntry } from "../../domain/audit.ts";
import type { Scan, ScanRange } from "../../domain/paging.ts";
import { runStatement } from "../statement.ts";
import { toEntry } from "./rows.ts";

/** Rows that one look passes at most, as for deliveries: some 5 ms. */
const scanRows = 10_000;

const smallest = "00000000-0000-0000-0000-000000000000";
const largest = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** The pair is what only the index by company knows: by the id alone, everybody else's entries would be walked past. */
const range = `
FROM audit_log
WHERE (company_id, id) < ($1, $2) AND (company_id, id) >= ($1, $3)
ORDER BY company_id DESC, id DESC`;

/** `scanned_to` is where a look ended that did not fill its page; in one statement, so that both see the same rows. */
const scanStatement = {
  name: "scanAudit",
  text: `
WITH page AS MATERIALIZED (
  SELECT * FROM (SELECT * ${range} LIMIT $9) scanned
  WHERE ($4::uuid IS NULL OR key_id = $4) AND ($5::text IS NULL OR method = $5)
    AND ($6::uuid IS NULL OR resource_id = $6) AND ($7::boolean IS NULL OR (status = 'OK') = $7)
  LIMIT $8
), ending AS (
  SELECT CASE WHEN (SELECT count(*) FROM page) < $8 THEN (SELECT id ${range} OFFSET $9 - 1 LIMIT 1) END
         AS scanned_to
)
SELECT e.scanned_to AS "scannedTo", p.id, p.company_id AS "companyId", p.workspace_id AS "workspaceId",
       p.key_id AS "keyId", p.resource_id AS "resourceId", p.created_at AS "createdAt", p.actor_kind AS "actorKind",
       p.address, p.request_id AS "requestId", p.method, p.resource_kind AS "resourceKind", p.changes, p.status,
       p.reason
FROM ending e
LEFT JOIN page p ON true
ORDER BY p.id DESC`,
};

type Columns = Parameters<typeof toEntry>[0] & { scannedTo: string | null };

/** Looks into a company's entries, newest first. */
export async function scanEntries(prepared: Pool, filter: AuditFilter, asked: ScanRange): Promise<Scan<AuditEntry>> {
  const { companyId, keyId, method, resourceId, allowed } = filter;
  const { before = largest, from = smallest, limit } = asked;
  const rows = await runStatement<Columns>(prepared, scanStatement, [
    companyId,
    before,
    from,
    keyId ?? null,
    method ?? null,
    resourceId ?? null,
    allowed ?? null,
    limit,
    scanRows,
  ]);
  // Where the page is empty, one row tells where the look ended.
  const items = rows.filter(({ id }) => id !== null).map(toEntry);
  return { items, scannedTo: rows[0]?.scannedTo ?? undefined };
}
