import type { EndpointStatistics, ManagedBy } from "../domain/entities.ts";
import type { SecretObject, WebhookEndpoint, WebhookEndpointStatus } from "./resource.ts";

/** An endpoint as the API shows it; ids as people see them. */
export interface RemoteEndpoint {
  id: string;
  workspaceId: string;
  /** Empty: of the whole workspace. */
  projectId: string;
  region: string;
  url: string;
  events: string[];
  description: string;
  maxInFlight: number;
  /** Sorted; their values are never shown. */
  headerNames: string[];
  /** Another one after every change of a header, its value included. */
  headersVersion: number;
  status: "ACTIVE" | "DISABLED" | "SUSPENDED";
  /** Why it is not ACTIVE. */
  reason: string;
  /** The key that signs, as the API names it. */
  keyID: string;
  /** Until when the key before signs too; null: there is none. */
  previousKeyExpiresAt: Date | null;
  managedBy: ManagedBy | null;
  statistics: EndpointStatistics;
}

/** What a resource asks for, its references resolved. */
export interface WantedEndpoint {
  url: string;
  events: string[];
  description: string;
  maxInFlight: number;
  headers: Record<string, string>;
}

export type WantedField = keyof WantedEndpoint;

/**
 * The API of Sealpost, for the company whose key the controller has. Changes are asked for on behalf of a resource,
 * by its UID. Every method throws ApiRefusal.
 */
export interface EndpointApi {
  /** Undefined: there is none, as far as this company goes. */
  get(id: string): Promise<RemoteEndpoint | undefined>;
  /** The endpoint that the resource manages. */
  getManaged(uid: string): Promise<RemoteEndpoint | undefined>;
  create(input: CreateInput): Promise<RemoteEndpoint>;
  update(id: string, uid: string, wanted: WantedEndpoint, fields: WantedField[]): Promise<RemoteEndpoint>;
  enable(id: string, uid: string): Promise<RemoteEndpoint>;
  disable(id: string, uid: string): Promise<RemoteEndpoint>;
  /** The secret that signs from now on; the one before stays valid for `overlapMs`. The same secret again changes nothing. */
  rotateSecret(id: string, uid: string, secret: string, overlapMs: number): Promise<RemoteEndpoint>;
  adopt(id: string, by: ManagedBy): Promise<RemoteEndpoint>;
  release(id: string, uid: string): Promise<void>;
  delete(id: string, uid: string): Promise<void>;
}

export interface CreateInput extends WantedEndpoint {
  workspaceId: string;
  /** Empty: of the whole workspace. */
  projectId: string;
  secret: string;
  disabled: boolean;
  managedBy: ManagedBy;
}

/** The API said no, or nothing. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  /** The name of a google.rpc.Code, e.g. `UNAVAILABLE`. */
  readonly status: string;
  /** ErrorInfo's, e.g. `PLAN_REQUIRED`; empty when the answer has none. */
  readonly reason: string;
  /** How long it asks to wait, in ms; undefined when it does not say. */
  readonly retryAfterMs: number | undefined;
  /** What it is about, e.g. `webhook` and its id; empty when it does not say. */
  readonly resource: { type: string; name: string };

  constructor(refusal: {
    status: string;
    reason: string;
    message: string;
    retryAfterMs?: number | undefined;
    resource?: { type: string; name: string } | undefined;
  }) {
    super(refusal.message);
    this.status = refusal.status;
    this.reason = refusal.reason;
    this.retryAfterMs = refusal.retryAfterMs;
    this.resource = refusal.resource ?? { type: "", name: "" };
  }
}

/** The API server did not let the controller read or write a Secret. */
export class SecretRefusal extends Error {
  override readonly name = "SecretRefusal";
  readonly verb: "get" | "create" | "update";
  /** The Secret's name. */
  readonly secret: string;
  /** `rights`: a role lacks the verb. `refused`: for the reason that the message tells. `failed`: it may work soon. */
  readonly because: "rights" | "refused" | "failed";

  /** @param message the API server's own */
  constructor(refusal: Pick<SecretRefusal, "verb" | "secret" | "because" | "message">) {
    super(refusal.message);
    this.verb = refusal.verb;
    this.secret = refusal.secret;
    this.because = refusal.because;
  }
}

/** What is written into Kubernetes. Every method throws when the API server refuses. */
export interface Cluster {
  /** Undefined: there is none. @throws SecretRefusal */
  readSecret(namespace: string, name: string): Promise<SecretObject | undefined>;
  /** @throws SecretRefusal; another error when it was made or changed since it was read */
  writeSecret(secret: SecretObject): Promise<SecretObject>;
  /** Sets or removes the finalizer. */
  setFinalizer(resource: WebhookEndpoint, held: boolean): Promise<WebhookEndpoint>;
  writeStatus(resource: WebhookEndpoint, status: WebhookEndpointStatus): Promise<void>;
  /** Tells people; never throws, nor waits. */
  event(resource: WebhookEndpoint, event: ResourceEvent): void;
}

export interface ResourceEvent {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  /** What the controller did, e.g. `CreateEndpoint`. */
  action: string;
}
