import { type Link, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Received } from "../internal/delivery/ports.ts";
import type { DeliveryTrace, DeliveryTracer } from "../internal/delivery/tracer.ts";
import { formatId } from "../internal/domain/ids.ts";
import { isSampled, parentOf, spanContextOf, traceparentOf, tracer } from "./trace-context.ts";

// Names and attributes: OpenTelemetry's semantic conventions 1.45, HTTP and messaging.

/**
 * A span for each message from its arrival to its ack, and one for each request; what comes after the request is its
 * recording, which needs no span of its own. All attempts of a delivery are in the trace that it began in; each links to
 * what it follows from, which may have been hours ago.
 */
export const deliveryTracer: DeliveryTracer = {
  take(received) {
    const { traceparent, follows } = received.message;
    // What Postgres published again carries no context; its record tells what happened.
    return isSampled(traceparent) ? take(received, traceparent, follows) : undefined;
  },
};

function take({ message, queue, deliveryCount }: Received, traceparent: string, follows?: string): DeliveryTrace {
  const links: Link[] = follows === undefined ? [] : [{ context: spanContextOf(follows) }];
  const attributes = {
    "messaging.system": "nats",
    "messaging.operation.type": "process",
    "messaging.operation.name": "deliver",
    "messaging.destination.name": queue,
    "sealpost.delivery.id": formatId("delivery", message.deliveryId),
    "sealpost.delivery.count": deliveryCount,
  };
  const span = tracer().startSpan(
    `deliver ${queue}`,
    { kind: SpanKind.CONSUMER, attributes, links },
    parentOf(traceparent),
  );
  message.follows = traceparentOf(span);
  const inside = parentOf(message.follows);

  return {
    request({ url, attemptId, number }) {
      // Path and query stay out: receivers put secrets into them.
      const { hostname, port, protocol } = new URL(url);
      const attempt = tracer().startSpan(
        "POST",
        {
          kind: SpanKind.CLIENT,
          attributes: {
            "http.request.method": "POST",
            "url.scheme": protocol.slice(0, -1),
            "server.address": hostname,
            "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
            ...(number > 1 && { "http.request.resend_count": number - 1 }),
            "sealpost.attempt.id": formatId("attempt", attemptId),
          },
        },
        inside,
      );
      return {
        traceparent: traceparentOf(attempt),
        end(result) {
          if (result?.httpStatus) attempt.setAttribute("http.response.status_code", result.httpStatus);
          if (result?.outcome !== "SUCCESS") {
            const type = result?.outcome ?? "INTERNAL";
            attempt.setAttribute("error.type", type).setStatus({ code: SpanStatusCode.ERROR });
          }
          attempt.end();
        },
      };
    },
    end(error) {
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      span.end();
    },
  };
}
