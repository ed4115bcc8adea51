import type { AuditChange, AuditEntry } from "../domain/audit.ts";
import type { ApiKey, Company, Project, Workspace } from "../domain/entities.ts";
import type { Uuid } from "../domain/ids.ts";
import type { Slice } from "../domain/paging.ts";
import type { Operation } from "../domain/permissions.ts";
import type { PlanTier } from "../domain/states.ts";
import type { DeliveryNetworks } from "../network/allowance.ts";

/** Makes the entry of a change of plan; `moved`: how many endpoints were suspended or resumed. */
export type AuditPlanChange = (before: Company, after: Company, moved: number) => AuditEntry;

/**
 * Companies, workspaces, projects and keys as they are kept. Reads answer undefined for what is not there; every write
 * keeps its audit entry in its own transaction.
 */
export interface TenantRecord {
  addCompany(company: Company, entry: AuditEntry): Promise<void>;
  readCompany(id: Uuid): Promise<Company | undefined>;
  listCompanies(slice: Slice): Promise<Company[]>;
  /** Suspends and resumes the company's endpoints as the plan has it, in the same transaction; every process is told. */
  setPlanTier(id: Uuid, planTier: PlanTier, audit: AuditPlanChange): Promise<Company | undefined>;
  /** Every process is told with the commit. */
  setDeliveryNetworks(
    id: Uuid,
    deliveryNetworks: DeliveryNetworks,
    audit: AuditChange<Company>,
  ): Promise<Company | undefined>;
  setIpAllowlist(id: Uuid, cidrs: string[], audit: AuditChange<Company>): Promise<Company | undefined>;
  addWorkspace(workspace: Workspace, entry: AuditEntry): Promise<void>;
  readWorkspace(id: Uuid): Promise<Workspace | undefined>;
  listWorkspaces(companyId: Uuid, slice: Slice): Promise<Workspace[]>;
  addProject(project: Project, entry: AuditEntry): Promise<void>;
  listProjects(workspaceId: Uuid, slice: Slice): Promise<Project[]>;
  /** `hash` is all that is kept of the key itself. */
  addApiKey(apiKey: ApiKey, hash: Buffer, entry: AuditEntry): Promise<void>;
  listApiKeys(companyId: Uuid, slice: Slice): Promise<ApiKey[]>;
  /** Every process is told with the commit. A key that was revoked before keeps its first time. */
  revokeApiKey(id: Uuid, at: Date, audit: AuditChange<ApiKey>): Promise<ApiKey | undefined>;
}

/** A key with what its company says about it. */
export interface KnownKey {
  apiKey: ApiKey;
  /** From where the company's keys may manage. */
  ipAllowlist: string[];
}

/** Keys as every call needs them. */
export interface KeyRecord {
  findByHash(hash: Buffer): Promise<KnownKey | undefined>;
  touch(id: Uuid, usedAt: Date): Promise<void>;
}

/** What has a limit of its own: management operations, and looking. */
export type LimitedOperation = Exclude<Operation, "PUBLISH">;

/** The calls of the last minute, counted by all processes together. */
export interface CallWindow {
  /**
   * Lets as many of `calls` through as `limit` has room for in any 60 s. `waitMs`: when the next one may pass, where
   * not all were. What was refused is not counted.
   */
  take(asked: {
    keyId: Uuid;
    operation: LimitedOperation;
    limit: number;
    calls: number;
  }): Promise<{ granted: number; waitMs: number }>;
}
