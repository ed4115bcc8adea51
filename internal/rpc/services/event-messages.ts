import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Event as EventEntity } from "../../domain/entities.ts";
import { formatId } from "../../domain/ids.ts";
import type { PublishInput } from "../../events/api.ts";
import { type Event, EventSchema, type PublishEventRequest } from "../gen/sealpost/v1/event_pb.js";
import type { CallContext } from "../method.ts";
import { readTime } from "./timestamps.ts";

/** An event as callers see it; `data` only in the answer to Get. */
export function eventMessage(event: EventEntity, data?: Uint8Array<ArrayBuffer>): Event {
  const message = create(EventSchema);
  message.id = formatId("event", event.id);
  message.eventType = event.type;
  message.workspaceId = formatId("workspace", event.workspaceId);
  message.projectId = event.projectId === null ? "" : formatId("project", event.projectId);
  message.createTime = timestampFromMs(event.createdAt.getTime());
  message.deliveryCount = event.deliveryCount;
  if (data) message.data = data;
  return message;
}

/** @throws DomainError INVALID_ARGUMENT for a time out of range */
export function readPublish(request: PublishEventRequest, context: CallContext): PublishInput {
  return {
    eventType: request.eventType,
    data: request.data,
    projectId: request.projectId,
    idempotencyKey: request.idempotencyKey,
    category: request.category,
    action: request.action,
    actor: request.actor,
    target: request.target,
    metadata: request.metadata,
    occurredAt: readTime("occurred_at", request.occurredAt),
    traceparent: context.traceparent,
  };
}
