import { create, isFieldSet } from "@bufbuild/protobuf";
import { type Duration, durationMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Endpoint, EndpointKey, EndpointStatistics } from "../../domain/entities.ts";
import { invalidArgument } from "../../domain/errors.ts";
import { formatId } from "../../domain/ids.ts";
import type { SignatureScheme as Scheme } from "../../domain/states.ts";
import type { CreateEndpointInput, RotateSecretInput, UpdateEndpointInput } from "../../endpoints/api.ts";
import {
  type CreateWebhookEndpointRequest,
  type RotateWebhookEndpointSecretRequest,
  SignatureScheme,
  type SigningKey,
  SigningKeySchema,
  type UpdateWebhookEndpointRequest,
  UpdateWebhookEndpointRequestSchema,
  type WebhookEndpoint,
  WebhookEndpoint_Status,
  WebhookEndpointSchema,
  type WebhookEndpointStatistics,
  WebhookEndpointStatisticsSchema,
} from "../gen/sealpost/v1/webhook_endpoint_pb.js";
import { showTime } from "./timestamps.ts";

/** An endpoint as callers see it; `secret` only in the answers to Create and RotateSecret. */
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
    signingKeys: endpoint.keys.map(keyMessage),
    headers: Object.fromEntries(endpoint.headerNames.map((name) => [name, ""])),
    headersVersion: endpoint.headersVersion,
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

function keyMessage({ id, scheme, publicKey, createdAt, expiresAt }: EndpointKey): SigningKey {
  return create(SigningKeySchema, {
    id: formatId("signingKey", id),
    scheme: SignatureScheme[scheme],
    publicKey: publicKey ?? "",
    createTime: timestampFromDate(createdAt),
    ...showTime("expireTime", expiresAt),
  });
}

export function readCreate(request: CreateWebhookEndpointRequest): CreateEndpointInput {
  return { ...request, signatureScheme: readScheme(request.signatureScheme) };
}

export function readRotation(request: RotateWebhookEndpointSecretRequest): RotateSecretInput {
  const { webhookId, secret, compromised, overlap } = request;
  const signatureScheme = readScheme(request.signatureScheme);
  return { webhookId, secret, signatureScheme, overlapMs: overlap && millisecondsOf(overlap), compromised };
}

/** The schema allows no other numbers. */
function readScheme(scheme: SignatureScheme | undefined): Scheme | undefined {
  return scheme === undefined ? undefined : (SignatureScheme[scheme] as Scheme);
}

/** gRPC carries any numbers: what is no duration becomes one that no rule allows. */
function millisecondsOf(duration: Duration): number {
  const { seconds, nanos } = duration;
  const fits = seconds >= 0n && seconds <= 315_576_000_000n && nanos >= 0 && nanos <= 999_999_999;
  return fits ? Math.ceil(durationMs(duration)) : -1;
}

const changeable = ["url", "events", "description", "max_in_flight", "headers"] as const;

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
    headers: request.headers,
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
