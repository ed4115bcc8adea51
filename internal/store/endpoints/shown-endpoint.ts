import type { Pool } from "pg";
import type { InferAttributes } from "sequelize";
import type { Endpoint } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import { columnsOf } from "../models/columns.ts";
import type { EndpointStatisticsRow } from "../models/endpoint-statistics.ts";
import type { Models } from "../models/models.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import type { WebhookEndpointSecretRow } from "../models/webhook-endpoint-secret.ts";
import { runStatement, type Statement } from "../statement.ts";
import { toEndpoint } from "./rows.ts";

/** Times are text where they stand in JSON. */
type InJson<Row> = { [Name in keyof Row]: Row[Name] extends Date | null ? string | null : Row[Name] };

interface Shown extends InferAttributes<WebhookEndpointRow> {
  counts: InJson<InferAttributes<EndpointStatisticsRow>> | null;
  keys: InJson<
    Pick<InferAttributes<WebhookEndpointSecretRow>, "id" | "scheme" | "publicKey" | "createdAt" | "notAfter">
  >[];
}

/** By what one endpoint is found, in its company. */
export type Finding = { id: Uuid } | { managerUid: string };

/**
 * One endpoint as the API shows it, in one prepared statement: a controller asks for each of its endpoints every few
 * minutes, and Sequelize's three queries took 3 ms of processor time each.
 */
export class ShownEndpoint {
  readonly #pool: Pool;
  readonly #byId: Statement;
  readonly #byManager: Statement;

  constructor(pool: Pool, models: Models) {
    this.#pool = pool;
    this.#byId = statement("shownEndpoint", models, "e.id");
    this.#byManager = statement("managedEndpoint", models, "e.manager_uid");
  }

  /** Undefined: this company has none, or it was deleted. */
  async read(companyId: Uuid, finding: Finding): Promise<Endpoint | undefined> {
    const [found, value] =
      "id" in finding ? ([this.#byId, finding.id] as const) : ([this.#byManager, finding.managerUid] as const);
    const [row] = await runStatement<Shown>(this.#pool, found, [companyId, value]);
    if (!row) return undefined;
    const { counts, keys, ...endpoint } = row;
    const statistics = counts && {
      ...counts,
      lastSuccessAt: timeOf(counts.lastSuccessAt),
      lastFailureAt: timeOf(counts.lastFailureAt),
    };
    const live = keys.map((key) => ({
      row: { ...key, createdAt: new Date(key.createdAt as string), notAfter: timeOf(key.notAfter) },
    }));
    return toEndpoint({ ...endpoint, statistics }, live);
  }
}

function statement(name: string, { WebhookEndpoint, EndpointStatistics }: Models, by: string): Statement {
  return {
    name,
    text: `
SELECT ${columnsOf(WebhookEndpoint).selected("e")}, to_json(s) AS counts, coalesce(k.keys, '[]') AS keys
FROM webhook_endpoints e
JOIN workspaces w ON w.id = e.workspace_id AND w.company_id = $1
LEFT JOIN LATERAL (
  SELECT ${columnsOf(EndpointStatistics).selected("x")} FROM endpoint_statistics x WHERE x.endpoint_id = e.id
) s ON true
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object('id', x.id, 'scheme', x.scheme, 'publicKey', x.public_key,
                                    'createdAt', x.created_at, 'notAfter', x.not_after) ORDER BY x.version DESC) AS keys
  FROM webhook_endpoint_secrets x
  WHERE x.endpoint_id = e.id AND (x.not_after IS NULL OR x.not_after > clock_timestamp())
) k ON true
WHERE ${by} = $2 AND e.deleted_at IS NULL`,
  };
}

function timeOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
