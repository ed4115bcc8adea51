import { context, propagation, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Intake, LaneIntake, Received, StreamConsumers } from "../internal/delivery/ports.ts";
import { formatId } from "../internal/domain/ids.ts";
import type { EventApi } from "../internal/events/api.ts";

/** Only made when tracing is on: without it, nothing stands in between. */
const tracer = () => trace.getTracer("sealpost");

/** A span for each publication, under the caller's; what follows carries it on. */
export function traceEvents(events: EventApi): EventApi {
  const publish: EventApi["publish"] = async (caller, input) => {
    const span = tracer().startSpan("publish", { kind: SpanKind.PRODUCER }, parentOf(input.traceparent));
    try {
      const event = await events.publish(caller, { ...input, traceparent: traceparentOf(span) });
      span.setAttributes({
        "sealpost.event.id": formatId("event", event.id),
        "sealpost.event.deliveries": event.deliveryCount,
      });
      return event;
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  };
  return {
    publish,
    // Items of a batch have no span of their own: 500 at once would say nothing.
    publishBatch: (caller, inputs) => events.publishBatch(caller, inputs),
    get: (caller, eventId) => events.get(caller, eventId),
  };
}

/** A span for each message taken from a stream, from its arrival to its ack, under the publication's. */
export function traceConsumers(consumers: StreamConsumers): StreamConsumers {
  const traced = (intake: Pick<Intake, "onMessage">) => (received: Received) =>
    intake.onMessage(tracedMessage(received));
  return {
    consumeDeliveries: (region, intake) =>
      consumers.consumeDeliveries(region, { ready: () => intake.ready(), onMessage: traced(intake) }),
    consumeRetries: (region, intake) =>
      consumers.consumeRetries(region, { ready: () => intake.ready(), onMessage: traced(intake) }),
    consumeLanes: (region, intake: LaneIntake) =>
      consumers.consumeLanes(region, { capacity: (id) => intake.capacity(id), onMessage: traced(intake) }),
  };
}

/** One that is never acked is handed out again, to a span of its own; this one is not sent. */
function tracedMessage(received: Received): Received {
  const { message, queue, deliveryCount } = received;
  const attributes = {
    "sealpost.delivery.id": formatId("delivery", message.deliveryId),
    "messaging.destination.name": queue,
    "messaging.delivery_count": deliveryCount,
  };
  const span = tracer().startSpan("deliver", { kind: SpanKind.CONSUMER, attributes }, parentOf(message.traceparent));
  const ack = () => {
    received.ack();
    span.end();
  };
  return { message, queue, deliveryCount, ack, working: () => received.working() };
}

function parentOf(traceparent: string | undefined) {
  return traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });
}

function traceparentOf(span: Span): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(trace.setSpan(context.active(), span), carrier);
  return carrier.traceparent;
}
