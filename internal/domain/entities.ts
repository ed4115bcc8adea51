import type { DeliveryNetworks } from "../network/allowance.ts";
import type { Uuid } from "./ids.ts";
import type { Permission } from "./permissions.ts";
import type {
  DeliveryStatus,
  DisabledReason,
  EndpointStatus,
  FailureReason,
  HeldReason,
  Outcome,
  PlanTier,
  SignatureScheme,
} from "./states.ts";

export interface Company {
  id: Uuid;
  name: string;
  planTier: PlanTier;
  deliveryNetworks: DeliveryNetworks;
  /** From where the company's keys may manage, as blocks of addresses; empty: from nowhere. */
  ipAllowlist: string[];
  createdAt: Date;
}

export interface Workspace {
  id: Uuid;
  companyId: Uuid;
  name: string;
  region: string;
  createdAt: Date;
}

export interface Project {
  id: Uuid;
  workspaceId: Uuid;
  name: string;
  createdAt: Date;
}

/** A key without its secret. `workspaceId` is set on workspace keys, which publish. */
export interface ApiKey {
  id: Uuid;
  companyId: Uuid;
  workspaceId: Uuid | null;
  name: string;
  /** Null: everything that its kind allows. */
  permissions: Permission[] | null;
  /** Management operations in any minute; null: what this installation gives every key. */
  operationsPerMinute: number | null;
  /** The same for reads. */
  readsPerMinute: number | null;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

export interface EndpointStatistics {
  attempts: number;
  succeeded: number;
  failed: number;
  consecutiveFailures: number;
  lastSuccessAt: Date | null;
  lastFailureAt: Date | null;
  /** HTTP status of the last answer; null when there was none. */
  lastStatus: number | null;
}

/** The Kubernetes resource that manages an endpoint. */
export interface ManagedBy {
  /** UID of the namespace kube-system, or a name that was configured. */
  cluster: string;
  namespace: string;
  name: string;
  /** Of the resource: a resource of the same name that is made again is another one. */
  uid: string;
}

/** A signing secret without its value. */
export interface EndpointKey {
  id: Uuid;
  scheme: SignatureScheme;
  /** What receivers verify with; null where that is the secret itself. */
  publicKey: string | null;
  createdAt: Date;
  /** When it stops signing; null for the current one. */
  expiresAt: Date | null;
}

export interface Endpoint {
  id: Uuid;
  workspaceId: Uuid;
  projectId: Uuid | null;
  region: string;
  url: string;
  /** Event types, or the single entry `*`. */
  events: string[];
  description: string;
  status: EndpointStatus;
  disabledReason: DisabledReason | null;
  /** Requests under way at once, per delivery process. */
  maxInFlight: number;
  managedBy: ManagedBy | null;
  /** Those that sign each delivery, the current one first. */
  keys: EndpointKey[];
  /** Names of the headers that each request carries besides; their values are not read back. */
  headerNames: string[];
  /** Another number after every change of them, values included. */
  headersVersion: number;
  etag: string;
  createdAt: Date;
  updatedAt: Date;
  statistics: EndpointStatistics;
}

export interface Event {
  id: Uuid;
  workspaceId: Uuid;
  projectId: Uuid | null;
  type: string;
  createdAt: Date;
  /** How many endpoints matched when it was accepted. */
  deliveryCount: number;
}

/** How long each part of an attempt took, in milliseconds; 0 when it did not happen (a reused connection). */
export interface AttemptTiming {
  dnsMs: number;
  connectMs: number;
  tlsMs: number;
  firstByteMs: number;
  totalMs: number;
}

/** What is kept of a receiver's answer. */
export interface ResponseHead {
  headers: Record<string, string>;
  /** At most 64 KiB. */
  body: Buffer;
  truncated: boolean;
}

export interface Attempt {
  id: Uuid;
  deliveryId: Uuid;
  /** 1, 2, 3 …; 0 for one that does not count: it may have left before, or our own proxy failed and nothing was sent. */
  number: number;
  outcome: Outcome;
  httpStatus: number | null;
  error: string;
  startedAt: Date;
  timing: AttemptTiming;
  pod: string;
  response: ResponseHead | null;
}

/** One event on its way to one endpoint (the WebhookJob of the record). */
export interface Delivery {
  id: Uuid;
  eventId: Uuid;
  endpointId: Uuid;
  workspaceId: Uuid;
  eventType: string;
  region: string;
  status: DeliveryStatus;
  attemptCount: number;
  nextAttemptAt: Date | null;
  heldReason: HeldReason | null;
  failureReason: FailureReason | null;
  createdAt: Date;
  updatedAt: Date;
  /** In the order they were made. */
  attempts: Attempt[];
}
