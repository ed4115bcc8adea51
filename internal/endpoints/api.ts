import type { Caller, Page, PageRequest } from "../domain/caller.ts";
import type { Endpoint, ManagedBy } from "../domain/entities.ts";
import type { SignatureScheme } from "../domain/states.ts";
import type { Headers } from "./headers.ts";
import type { Manager } from "./managed.ts";

/** Ids in inputs are as the caller wrote them (`whe_…`): the rules decide what an unreadable one means. */
export interface CreateEndpointInput {
  workspaceId: string;
  /** Empty: workspace scope. */
  projectId: string;
  url: string;
  events: string[];
  description: string;
  /** 0 means the default. */
  maxInFlight: number;
  /** Empty: one is made. */
  secret: string;
  /** Undefined: as the secret's prefix says, else HMAC_SHA256. */
  signatureScheme?: SignatureScheme | undefined;
  /** Sent with each request besides. */
  headers?: Headers;
  /** Starts disabled, by request. */
  disabled?: boolean;
  /** The resource that makes it. */
  managedBy?: ManagedBy | undefined;
}

export interface UpdateEndpointInput {
  webhookId: string;
  /** Names of proto fields to change: url, events, description, max_in_flight, headers. */
  updateMask: string[];
  url: string | undefined;
  events: string[];
  description: string | undefined;
  maxInFlight: number | undefined;
  /** All of them; an empty value keeps the one that is there. */
  headers?: Headers;
  /** Empty: no check. */
  etag: string;
}

export interface RotateSecretInput {
  webhookId: string;
  /** Empty: one is made. */
  secret: string;
  /** Undefined: as the secret's prefix says, else as before. */
  signatureScheme: SignatureScheme | undefined;
  /** How long the current secret still signs beside the new one, ms; undefined: 24 hours. */
  overlapMs: number | undefined;
  /** All old secrets end at once. */
  compromised: boolean;
}

/** The one door to endpoints: tenancy, plan gate, URL policy and limits live behind it. */
export interface EndpointApi {
  /** The secret is answered here and never again. */
  create(caller: Caller, input: CreateEndpointInput): Promise<{ endpoint: Endpoint; secret: string }>;
  get(caller: Caller, webhookId: string): Promise<Endpoint>;
  /** The endpoint that the resource with this UID manages. */
  getManaged(caller: Caller, managerUid: string): Promise<Endpoint>;
  list(caller: Caller, input: PageRequest & { workspaceId: string; projectId: string }): Promise<Page<Endpoint>>;
  /** `as` is on whose behalf; an endpoint that a resource manages refuses others, unless forced. */
  update(caller: Caller, input: UpdateEndpointInput, as?: Manager): Promise<Endpoint>;
  /** Replaces the signing secret; answered here and never again. The value that is current already changes nothing. */
  rotateSecret(caller: Caller, input: RotateSecretInput, as?: Manager): Promise<{ endpoint: Endpoint; secret: string }>;
  enable(caller: Caller, webhookId: string, as?: Manager): Promise<Endpoint>;
  disable(caller: Caller, webhookId: string, as?: Manager): Promise<Endpoint>;
  delete(caller: Caller, webhookId: string, as?: Manager): Promise<void>;
  /** Gives an endpoint that nobody manages to a resource. */
  adopt(caller: Caller, webhookId: string, managedBy: ManagedBy): Promise<Endpoint>;
  /** Leaves it managed by nobody. */
  release(caller: Caller, webhookId: string, as?: Manager): Promise<Endpoint>;
}
