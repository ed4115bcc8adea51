import type { DeliveryStatus, EndpointStatus, Outcome } from "../domain/states.ts";

export interface ShownEndpoint {
  id: string;
  projectId: string;
  url: string;
  events: string[];
  description: string;
  status: EndpointStatus;
  /** Why it is not ACTIVE. */
  reason: string;
  createdAt: Date;
}

export interface ShownAttempt {
  number: number;
  outcome: Outcome;
  /** 0: no answer came. */
  httpStatus: number;
  error: string;
  pod: string;
  totalMs: number;
}

export interface ShownDelivery {
  id: string;
  region: string;
  status: DeliveryStatus;
  heldReason: string;
  failureReason: string;
  /** When the next attempt is due; undefined once finished. */
  nextAttemptAt: Date | undefined;
  attempts: ShownAttempt[];
}

/** The API, with a company key and a workspace key. Every method waits while it is away, and throws when it refuses. */
export interface VerificationApi {
  /** Undefined: there is none of this id. */
  endpoint(id: string): Promise<ShownEndpoint | undefined>;
  endpoints(workspaceId: string): Promise<ShownEndpoint[]>;
  createEndpoint(endpoint: {
    workspaceId: string;
    url: string;
    events: string[];
    description: string;
    secret: string;
  }): Promise<ShownEndpoint>;
  /** One that is gone already is as good. */
  deleteEndpoint(id: string): Promise<void>;
  publish(event: {
    eventType: string;
    projectId: string;
    data: string;
    idempotencyKey: string;
  }): Promise<{ id: string; createdAt: Date; deliveryCount: number }>;
  /** The delivery of an event to an endpoint. */
  deliveryOf(webhookId: string, event: { id: string; createdAt: Date }): Promise<ShownDelivery | undefined>;
}

/** The receiver that is asked what came. */
export interface AskedReceiver {
  /** Where it takes webhooks. */
  url: string;
  /** Why the request of this event is not signed with `secret`, empty when it is; undefined: none came. */
  whyNotGenuine(eventId: string, secret: string): Promise<string | undefined>;
}
