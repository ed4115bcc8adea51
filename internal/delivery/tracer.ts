import type { Uuid } from "../domain/ids.ts";
import type { Received, SendResult } from "./ports.ts";

/** Follows deliveries through this process, for traces. Where nobody asked for any, there is none. */
export interface DeliveryTracer {
  /**
   * A message was taken from a stream. From here on it follows from what is traced here, and so does what is published
   * of it. Undefined: this delivery is not sampled.
   */
  take(received: Received): DeliveryTrace | undefined;
}

export interface DeliveryTrace {
  /** A request is about to leave. */
  request(attempt: { url: string; attemptId: Uuid; number: number }): RequestTrace;
  /** Acked; or put back, because of this error. */
  end(error?: unknown): void;
}

export interface RequestTrace {
  /** W3C trace context of the request, for its receiver. */
  readonly traceparent: string;
  /** Undefined: it never left. */
  end(result: SendResult | undefined): void;
}
