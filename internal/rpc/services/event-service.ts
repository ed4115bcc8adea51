import { create } from "@bufbuild/protobuf";
import type { Caller, Origin } from "../../domain/caller.ts";
import { DomainError } from "../../domain/errors.ts";
import type { EventApi, PublishInput } from "../../events/api.ts";
import {
  type BatchPublishEventsResponse_Result,
  BatchPublishEventsResponse_ResultSchema,
  BatchPublishEventsResponseSchema,
  EventService,
  type PublishEventRequest,
  PublishEventRequestSchema,
} from "../gen/sealpost/v1/event_pb.js";
import { type CallContext, implement, type Method } from "../method.ts";
import { type EdgeLogger, failureStatus } from "../status.ts";
import { checkMessage } from "../validation.ts";
import { eventMessage, readPublish } from "./event-messages.ts";

/** EventService over accepting events. The logger takes the cause of a batch item's unexpected failure. */
export function eventService(events: EventApi, logger: EdgeLogger): Method[] {
  return implement(EventService, {
    async publishEvent(caller, request, context) {
      return eventMessage(await events.publish(caller, readPublish(request, context)));
    },
    async batchPublishEvents(caller, request, context) {
      const outcomes = await publishBatch(events, caller, request.events, context);
      return create(BatchPublishEventsResponseSchema, {
        results: outcomes.map((outcome) => resultMessage(outcome, logger, caller.origin)),
      });
    },
    async getEvent(caller, request) {
      const { data, ...event } = await events.get(caller, request.eventId);
      return eventMessage(event, new Uint8Array(data));
    },
  });
}

type Outcome = Awaited<ReturnType<EventApi["publishBatch"]>>[number];

/** What is wrong with one item is that item's result; the others are published. */
async function publishBatch(
  events: EventApi,
  caller: Caller,
  requests: PublishEventRequest[],
  context: CallContext,
): Promise<Outcome[]> {
  const read = requests.map((request) => readItem(request, context));
  const good = read.filter((item): item is PublishInput => !(item instanceof DomainError));
  const published = good.length === 0 ? [] : await events.publishBatch(caller, good);
  let next = 0;
  return read.map((item) => (item instanceof DomainError ? item : (published[next++] as Outcome)));
}

function readItem(request: PublishEventRequest, context: CallContext): PublishInput | DomainError {
  try {
    checkMessage(PublishEventRequestSchema, request);
    return readPublish(request, context);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

function resultMessage(outcome: Outcome, logger: EdgeLogger, origin: Origin): BatchPublishEventsResponse_Result {
  return create(BatchPublishEventsResponse_ResultSchema, {
    result:
      outcome instanceof DomainError
        ? { case: "error", value: failureStatus(outcome, logger, origin) }
        : { case: "event", value: eventMessage(outcome) },
  });
}
