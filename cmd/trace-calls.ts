import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { StreamPublisher } from "../internal/delivery/ports.ts";
import { formatId } from "../internal/domain/ids.ts";
import { type DeliveryMessage, queues } from "../internal/domain/message.ts";
import type { CallHooks } from "../internal/rpc/dispatch.ts";
import { isSampled, parentOf, traceparentOf, tracer } from "./trace-context.ts";

// Names and attributes: OpenTelemetry's semantic conventions 1.45, RPC, HTTP and messaging.

/** The statuses that are the server's fault, by the conventions for gRPC. */
const faults = new Set(["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE"]);

/** A span for each call, under its caller's; what follows from the call carries it on. */
export const traceCall: NonNullable<CallHooks["trace"]> = ({ protocol, method, route, traceparent }) => {
  const [verb, path] = route?.split(" ") ?? [];
  const attributes = {
    "rpc.method": method,
    ...(protocol === "grpc" ? { "rpc.system.name": "grpc" } : { "http.request.method": verb, "http.route": path }),
  };
  const span = tracer().startSpan(route ?? method, { kind: SpanKind.SERVER, attributes }, parentOf(traceparent));
  if (!span.isRecording()) return { traceparent, end: () => {} };
  return {
    traceparent: traceparentOf(span),
    end(code) {
      span.setAttribute("rpc.response.status_code", code);
      if (faults.has(code)) span.setAttribute("error.type", code).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
};

/** A span for each publication into a stream that belongs to a trace. What takes the message goes on from it. */
export function tracePublisher(publisher: StreamPublisher): StreamPublisher {
  async function traced<T>(
    queue: string,
    message: DeliveryMessage,
    publish: (message: DeliveryMessage) => Promise<T>,
  ): Promise<T> {
    const parent = message.follows ?? message.traceparent;
    if (!isSampled(parent)) return publish(message);
    const attributes = {
      "messaging.system": "nats",
      "messaging.operation.type": "send",
      "messaging.operation.name": "publish",
      "messaging.destination.name": queue,
      "messaging.message.body.size": message.body.length,
      "sealpost.event.id": formatId("event", message.eventId),
      "sealpost.delivery.id": formatId("delivery", message.deliveryId),
      "sealpost.endpoint.id": formatId("endpoint", message.endpointId),
    };
    const span = tracer().startSpan(`publish ${queue}`, { kind: SpanKind.PRODUCER, attributes }, parentOf(parent));
    const context = traceparentOf(span);
    // The first publication is where the delivery begins; every later one follows from something.
    const carried = message.follows === undefined ? { traceparent: context } : { follows: context };
    try {
      const outcome = await publish({ ...message, ...carried });
      if (outcome === "refused" || outcome === "unreachable") {
        span.setAttribute("error.type", outcome).setStatus({ code: SpanStatusCode.ERROR });
      }
      return outcome;
    } finally {
      span.end();
    }
  }
  return {
    publish: (queue, message) => traced(queue, message, (carrying) => publisher.publish(queue, carrying)),
    publishDead: (message, reason) =>
      traced(queues.dead(message.region), message, (carrying) => publisher.publishDead(carrying, reason)),
  };
}
