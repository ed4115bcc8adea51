import type { Attempt, Delivery } from "../../domain/entities.ts";
import { uuidTime } from "../../domain/ids.ts";
import type { WebhookDeliveryAttemptRow } from "../models/webhook-delivery-attempt.ts";
import type { WebhookJobRow } from "../models/webhook-job.ts";

type JobColumns = Pick<
  WebhookJobRow,
  | "id"
  | "eventId"
  | "endpointId"
  | "workspaceId"
  | "eventType"
  | "region"
  | "status"
  | "attemptCount"
  | "dueAt"
  | "heldReason"
  | "failureReason"
  | "updatedAt"
>;

export function toDelivery(row: JobColumns): Delivery {
  const { id, eventId, endpointId, workspaceId, eventType, region, status, attemptCount } = row;
  return {
    id,
    eventId,
    endpointId,
    workspaceId,
    eventType,
    region,
    status,
    attemptCount,
    nextAttemptAt: row.dueAt,
    heldReason: row.heldReason,
    failureReason: row.failureReason,
    // What time filters look at.
    createdAt: new Date(uuidTime(id)),
    updatedAt: row.updatedAt,
    attempts: [],
  };
}

/** `row` may have been read without its body. */
export function toAttempt(row: WebhookDeliveryAttemptRow): Attempt {
  const { id, jobId, number, outcome, httpStatus, error, startedAt, pod, responseHeaders: headers } = row;
  const { dnsMs, connectMs, tlsMs, firstByteMs, totalMs } = row;
  return {
    id,
    deliveryId: jobId,
    number,
    outcome,
    httpStatus,
    error,
    startedAt,
    timing: { dnsMs, connectMs, tlsMs, firstByteMs, totalMs },
    pod,
    response: headers && { headers, body: row.responseBody ?? Buffer.alloc(0), truncated: row.responseTruncated },
  };
}
