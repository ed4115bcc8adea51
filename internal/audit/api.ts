import type { AuditEntry, AuditedResource } from "../domain/audit.ts";
import type { Caller, Page } from "../domain/caller.ts";
import type { TimedPageRequest } from "../domain/paging.ts";

/** Filters; what is empty or undefined filters nothing. Ids are as the caller wrote them. */
export interface ListAuditInput extends TimedPageRequest {
  companyId: string;
  keyId: string;
  /** In full: `sealpost.v1.TenantService/SetPlanTier`. */
  method: string;
  /** Of any kind that is audited. */
  resourceId: string;
  outcome: "ANY" | "ALLOWED" | "DENIED";
}

/** The audit log, for those whose it is. */
export interface AuditApi {
  /** Newest first. */
  list(caller: Caller, input: ListAuditInput): Promise<Page<AuditEntry>>;
}

/** Takes note of management operations that were refused. */
export interface RefusalLog {
  /** Never rejects. `named`: what the request was about, the narrowest first. */
  add(caller: Caller, named: AuditedResource[], error: unknown): Promise<void>;
}
