import type { Caller, Page, PageRequest } from "../domain/caller.ts";
import type { Endpoint, ManagedBy } from "../domain/entities.ts";
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
  /** Starts disabled, by request. */
  disabled?: boolean;
  /** The resource that makes it. */
  managedBy?: ManagedBy | undefined;
}

export interface UpdateEndpointInput {
  webhookId: string;
  /** Names of proto fields to change: url, events, description, max_in_flight. */
  updateMask: string[];
  url: string | undefined;
  events: string[];
  description: string | undefined;
  maxInFlight: number | undefined;
  /** Empty: no check. */
  etag: string;
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
  enable(caller: Caller, webhookId: string, as?: Manager): Promise<Endpoint>;
  disable(caller: Caller, webhookId: string, as?: Manager): Promise<Endpoint>;
  delete(caller: Caller, webhookId: string, as?: Manager): Promise<void>;
  /** Gives an endpoint that nobody manages to a resource. */
  adopt(caller: Caller, webhookId: string, managedBy: ManagedBy): Promise<Endpoint>;
  /** Leaves it managed by nobody. */
  release(caller: Caller, webhookId: string, as?: Manager): Promise<Endpoint>;
}
