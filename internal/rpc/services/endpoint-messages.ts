import { create, isFieldSet } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Endpoint, EndpointStatistics } from "../../domain/entities.ts";
import { invalidArgument } from "../../domain/errors.ts";
import { formatId } from "../../domain/ids.ts";
import type { UpdateEndpointInput } from "../../endpoints/api.ts";
import {
  type UpdateWebhookEndpointRequest,
  UpdateWebhookEndpointRequestSchema,
  type WebhookEndpoint,
  WebhookEndpoint_Status,
  WebhookEndpointSchema,
  type WebhookEndpointStatistics,
  WebhookEndpointStatisticsSchema,
} from "../gen/sealpost/v1/webhook_endpoint_pb.js";
import { showTime } from "./timestamps.ts";

/** An endpoint as callers see it; `secret` only in the answer to Create. */
export function endpointMessage(endpoint: Endpoint, secret = ""): WebhookEndpoint {
  return create(WebhookEndpointSchema, {
    id: formatId("endpoint", endpoint.id),
    workspaceId: formatId("workspace", endpoint.workspaceId),
    projectId: endpoint.projectId === null ? "" : formatId("project", endpoint.projectId),
    region: endpoint.region,
    url: endpoint.url,
    events: endpoint.events,
    description: endpoint.description,
    status: WebhookEndpoint_Status[endpoint.status],
    disabledReason: endpoint.disabledReason ?? "",
    maxInFlight: endpoint.maxInFlight,
    ...(endpoint.managedBy && { managedBy: endpoint.managedBy }),
    secret,
    etag: endpoint.etag,
    createTime: timestampFromDate(endpoint.createdAt),
    updateTime: timestampFromDate(endpoint.updatedAt),
    statistics: statisticsMessage(endpoint.statistics),
  });
}

function statisticsMessage(statistics: EndpointStatistics): WebhookEndpointStatistics {
  return create(WebhookEndpointStatisticsSchema, {
    attempts: BigInt(statistics.attempts),
    succeeded: BigInt(statistics.succeeded),
    failed: BigInt(statistics.failed),
    consecutiveFailures: statistics.consecutiveFailures,
    lastStatus: statistics.lastStatus ?? 0,
    ...showTime("lastSuccessTime", statistics.lastSuccessAt),
    ...showTime("lastFailureTime", statistics.lastFailureAt),
  });
}

const changeable = ["url", "events", "description", "max_in_flight"] as const;

/**
 * What an update asks for. Without a mask it is the fields that are present; `*` is all of them.
 *
 * @throws DomainError INVALID_ARGUMENT when the mask names another field
 */
export function readUpdate(request: UpdateWebhookEndpointRequest): UpdateEndpointInput {
  return {
    webhookId: request.webhookId,
    updateMask: readMask(request),
    url: request.url,
    events: request.events,
    description: request.description,
    maxInFlight: request.maxInFlight,
    etag: request.etag,
  };
}

function readMask(request: UpdateWebhookEndpointRequest): string[] {
  const paths = request.updateMask?.paths ?? [];
  if (paths.length === 0) {
    return UpdateWebhookEndpointRequestSchema.fields
      .filter((field) => changeable.some((name) => name === field.name) && isFieldSet(request, field))
      .map((field) => field.name);
  }
  if (paths.includes("*")) return [...changeable];
  const unknown = paths.filter((path) => !changeable.some((name) => name === path));
  if (unknown.length === 0) return [...new Set(paths)];
  throw invalidArgument({
    field: "update_mask",
    description: `cannot change ${unknown.join(", ")}: only ${changeable.join(", ")}`,
  });
}
