import type { Caller, Page, PageRequest } from "../domain/caller.ts";
import type { Endpoint } from "../domain/entities.ts";

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
  list(caller: Caller, input: PageRequest & { workspaceId: string; projectId: string }): Promise<Page<Endpoint>>;
  update(caller: Caller, input: UpdateEndpointInput): Promise<Endpoint>;
  enable(caller: Caller, webhookId: string): Promise<Endpoint>;
  disable(caller: Caller, webhookId: string): Promise<Endpoint>;
  delete(caller: Caller, webhookId: string): Promise<void>;
}
