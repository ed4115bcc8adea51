import type { Pool } from "pg";
import type { Uuid } from "../../domain/ids.ts";
import type { MatchableEndpoint, WorkspaceReader, WorkspaceSnapshot } from "../../events/ports.ts";
import type { Database } from "../database.ts";
import { runStatement } from "../statement.ts";

interface Columns {
  company_id: Uuid;
  region: string;
  /** A bigint, so text. */
  endpoints_version: string;
  project_ids: Uuid[];
  endpoints: MatchableEndpoint[];
}

/** One statement, so one snapshot: the version is that of these endpoints. */
const statement = {
  name: "workspaceSnapshot",
  text: `
SELECT w.company_id, w.region, w.endpoints_version,
  (SELECT coalesce(json_agg(p.id), '[]') FROM projects p WHERE p.workspace_id = w.id) AS project_ids,
  (SELECT coalesce(json_agg(json_build_object('id', e.id, 'projectId', e.project_id, 'events', e.events)), '[]')
   FROM webhook_endpoints e
   WHERE e.workspace_id = w.id AND e.deleted_at IS NULL AND e.status = 'ACTIVE') AS endpoints
FROM workspaces w
WHERE w.id = $1`,
};

/** Reads what matching needs of a workspace. */
export class PostgresWorkspaceReader implements WorkspaceReader {
  readonly #pool: Pool;

  constructor(database: Pick<Database, "prepared">) {
    this.#pool = database.prepared;
  }

  async readSnapshot(workspaceId: Uuid): Promise<WorkspaceSnapshot | undefined> {
    const [columns] = await runStatement<Columns>(this.#pool, statement, [workspaceId]);
    return (
      columns && {
        workspaceId,
        companyId: columns.company_id,
        region: columns.region,
        endpointsVersion: Number(columns.endpoints_version),
        projectIds: new Set(columns.project_ids),
        endpoints: columns.endpoints,
      }
    );
  }
}
