import type { Caller } from "../domain/caller.ts";
import type { Event } from "../domain/entities.ts";
import type { DomainError } from "../domain/errors.ts";

/** Either eventType and data, or the audit fields; empty means absent. JSON fields hold the caller's exact text. */
export interface PublishInput {
  eventType: string;
  data: Uint8Array;
  projectId: string;
  idempotencyKey: string;
  category: string;
  action: string;
  actor: Uint8Array;
  target: Uint8Array;
  metadata: Uint8Array;
  occurredAt: Date | undefined;
  /** W3C trace context of the call. */
  traceparent: string | undefined;
}

export interface EventApi {
  /** Resolves after COMMIT: from here on the event is delivered to every matching endpoint. */
  publish(caller: Caller, input: PublishInput): Promise<Event>;
  /** One result per input, in order. */
  publishBatch(caller: Caller, inputs: PublishInput[]): Promise<(Event | DomainError)[]>;
  /** `data` is the JSON text that was published. */
  get(caller: Caller, eventId: string): Promise<Event & { data: Buffer }>;
}
