import type { InferAttributes } from "sequelize";
import type { Endpoint, EndpointKey, EndpointStatistics, ManagedBy } from "../../domain/entities.ts";
import type { EndpointStatisticsRow } from "../models/endpoint-statistics.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import type { WebhookEndpointSecretRow } from "../models/webhook-endpoint-secret.ts";

/** What is shown of an endpoint's row, its statistics included. */
type ShownRow = InferAttributes<WebhookEndpointRow> & { statistics?: StatisticsColumns | null };
type StatisticsColumns = InferAttributes<EndpointStatisticsRow>;
type KeyColumns = Pick<WebhookEndpointSecretRow, "id" | "scheme" | "publicKey" | "createdAt" | "notAfter">;

/** `row` with its statistics included, and the secrets that sign now. */
export function toEndpoint(row: ShownRow, live: { row: KeyColumns }[] = []): Endpoint {
  const { id, workspaceId, projectId, region, url, events, description, status, disabledReason, maxInFlight } = row;
  return {
    id,
    workspaceId,
    projectId,
    region,
    url,
    events,
    description,
    status,
    disabledReason,
    maxInFlight,
    managedBy: toManagedBy(row),
    keys: live.map((secret) => toKey(secret.row)),
    headerNames: row.headerNames,
    headersVersion: row.headersVersion,
    etag: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    statistics: toStatistics(row.statistics),
  };
}

function toKey({ id, scheme, publicKey, createdAt, notAfter }: KeyColumns): EndpointKey {
  return { id, scheme, publicKey, createdAt, expiresAt: notAfter };
}

/** The four columns are set together, or none is. */
function toManagedBy(row: ShownRow): ManagedBy | null {
  const { managerCluster: cluster, managerNamespace: namespace, managerName: name, managerUid: uid } = row;
  return cluster && namespace && name && uid ? { cluster, namespace, name, uid } : null;
}

/** `managedBy` as it stands in the row; nothing where it is not part of a change. */
export function managerColumns(managedBy: ManagedBy | null | undefined) {
  if (managedBy === undefined) return {};
  return {
    managerCluster: managedBy?.cluster ?? null,
    managerNamespace: managedBy?.namespace ?? null,
    managerName: managedBy?.name ?? null,
    managerUid: managedBy?.uid ?? null,
  };
}

/** There is no row before the first attempt. */
function toStatistics(row: StatisticsColumns | null | undefined): EndpointStatistics {
  return {
    attempts: Number(row?.attempts ?? 0),
    succeeded: Number(row?.succeeded ?? 0),
    failed: Number(row?.failed ?? 0),
    consecutiveFailures: row?.consecutiveFailures ?? 0,
    lastSuccessAt: row?.lastSuccessAt ?? null,
    lastFailureAt: row?.lastFailureAt ?? null,
    lastStatus: row?.lastStatus ?? null,
  };
}
