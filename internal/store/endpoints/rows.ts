import type { Endpoint, EndpointStatistics } from "../../domain/entities.ts";
import type { EndpointStatisticsRow } from "../models/endpoint-statistics.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";

/** `row` with its statistics included. */
export function toEndpoint(row: WebhookEndpointRow): Endpoint {
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
    etag: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    statistics: toStatistics(row.statistics),
  };
}

/** There is no row before the first attempt. */
function toStatistics(row: EndpointStatisticsRow | null | undefined): EndpointStatistics {
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
