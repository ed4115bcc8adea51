import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Attempt, Delivery as DeliveryEntity } from "../../domain/entities.ts";
import { formatId } from "../../domain/ids.ts";
import type { DeliveryStatus } from "../../domain/states.ts";
import type { ListDeliveriesInput } from "../../history/api.ts";
import {
  type Delivery,
  Delivery_Status,
  type DeliveryAttempt,
  DeliveryAttempt_Outcome,
  DeliveryAttemptSchema,
  DeliverySchema,
  type ListDeliveriesRequest,
} from "../gen/sealpost/v1/delivery_pb.js";
import { readTime, showTime } from "./timestamps.ts";

/** A delivery as callers see it, with the attempts it was read with. */
export function deliveryMessage(delivery: DeliveryEntity): Delivery {
  return create(DeliverySchema, {
    id: formatId("delivery", delivery.id),
    eventId: formatId("event", delivery.eventId),
    webhookId: formatId("endpoint", delivery.endpointId),
    workspaceId: formatId("workspace", delivery.workspaceId),
    eventType: delivery.eventType,
    region: delivery.region,
    status: Delivery_Status[delivery.status],
    attemptCount: delivery.attemptCount,
    heldReason: delivery.heldReason ?? "",
    failureReason: delivery.failureReason ?? "",
    createTime: timestampFromDate(delivery.createdAt),
    updateTime: timestampFromDate(delivery.updatedAt),
    attempts: delivery.attempts.map(attemptMessage),
    ...showTime("nextAttemptTime", delivery.nextAttemptAt),
  });
}

function attemptMessage(attempt: Attempt): DeliveryAttempt {
  return create(DeliveryAttemptSchema, {
    id: formatId("attempt", attempt.id),
    number: attempt.number,
    outcome: DeliveryAttempt_Outcome[attempt.outcome],
    httpStatus: attempt.httpStatus ?? 0,
    error: attempt.error,
    startTime: timestampFromDate(attempt.startedAt),
    timing: attempt.timing,
    pod: attempt.pod,
    ...(attempt.response && {
      responseHeaders: attempt.response.headers,
      // A receiver answers any bytes; what is not UTF-8 shows as U+FFFD.
      responseBody: attempt.response.body.toString("utf8"),
      responseTruncated: attempt.response.truncated,
    }),
  });
}

/** @throws DomainError INVALID_ARGUMENT for a time out of range */
export function readList(request: ListDeliveriesRequest): ListDeliveriesInput {
  return {
    webhookId: request.webhookId,
    statuses: request.statuses.map((status) => Delivery_Status[status] as DeliveryStatus),
    createdAfter: readTime("created_after", request.createdAfter),
    createdBefore: readTime("created_before", request.createdBefore),
    pageSize: request.pageSize,
    pageToken: request.pageToken,
  };
}
