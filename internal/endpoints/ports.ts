import type { AuditChange, AuditEntry } from "../domain/audit.ts";
import type { Endpoint } from "../domain/entities.ts";
import type { Uuid } from "../domain/ids.ts";
import type { Slice } from "../domain/paging.ts";
import type { PlanTier } from "../domain/states.ts";
import type { Allowance } from "../network/allowance.ts";
import type { Headers } from "./headers.ts";
import type { LiveKey, Rotation } from "./rotate.ts";

/** What a company's endpoints are bound by. */
export interface CompanyTerms {
  planTier: PlanTier;
  /** What they may reach beside the public internet. */
  allowance: Allowance;
}

export interface OwnWorkspace extends CompanyTerms {
  id: Uuid;
  region: string;
}

export type EndpointChange = Partial<
  Pick<Endpoint, "url" | "events" | "description" | "maxInFlight" | "status" | "disabledReason" | "managedBy">
> & {
  /** All of them; an empty value stands for the one that is kept. */
  headers?: Headers;
};

export interface AddTerms {
  /** How many endpoints the workspace may have. */
  limit: number;
  /** Looks at the company's terms, which stay so meanwhile; what it throws ends this with nothing written. */
  check(terms: CompanyTerms): void;
  entry: AuditEntry;
}

/**
 * Answers what is to change; undefined: nothing. What it throws ends the change with nothing written. It is asked again
 * when the endpoint or the company's terms changed meanwhile.
 */
export type Decide = (current: Endpoint, terms: CompanyTerms) => EndpointChange | undefined;

/** The same for its signing secrets, which are opened for it. */
export type DecideRotation = (current: Endpoint, terms: CompanyTerms, live: LiveKey[]) => Rotation | undefined;

/** What is kept sealed of a new endpoint. */
export interface Hidden {
  secret: string;
  headers: Headers;
}

/**
 * Endpoints as they are kept. Everything is looked up under its company: what belongs to another one, was deleted
 * or never was, is undefined. Every write raises the workspace's endpoints version, tells every process and keeps its
 * audit entry, in its own transaction.
 */
export interface EndpointRecord {
  readWorkspace(companyId: Uuid, workspaceId: Uuid): Promise<OwnWorkspace | undefined>;
  hasProject(workspaceId: Uuid, projectId: Uuid): Promise<boolean>;
  /**
   * False: the workspace has `limit` endpoints already, and nothing was written. An id: so does nothing, because the
   * resource that is to manage it manages that one.
   */
  add(companyId: Uuid, endpoint: Endpoint, hidden: Hidden, terms: AddTerms): Promise<boolean | Uuid>;
  read(companyId: Uuid, id: Uuid): Promise<Endpoint | undefined>;
  readManaged(companyId: Uuid, managerUid: string): Promise<Endpoint | undefined>;
  /** `projectId` undefined: of every scope. */
  list(workspaceId: Uuid, projectId: Uuid | undefined, slice: Slice): Promise<Endpoint[]>;
  /** Gives a changed endpoint another etag. What was decided for holds when it is written. Audited also when nothing changes. */
  change(companyId: Uuid, id: Uuid, decide: Decide, audit: AuditChange<Endpoint>): Promise<Endpoint | undefined>;
  rotate(
    companyId: Uuid,
    id: Uuid,
    decide: DecideRotation,
    audit: AuditChange<Endpoint>,
  ): Promise<Endpoint | undefined>;
  /** Marks it as deleted and forgets its secrets; what `audit` throws ends this with nothing written. False: there is none. */
  delete(companyId: Uuid, id: Uuid, audit: (deleted: Endpoint) => AuditEntry): Promise<boolean>;
  /** Ends at most `limit` unfinished deliveries of a deleted endpoint as FAILED. Answers how many. */
  endDeliveries(id: Uuid, limit: number): Promise<number>;
}
