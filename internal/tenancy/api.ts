import type { Caller, KeyHolder, Page, PageRequest } from "../domain/caller.ts";
import type { ApiKey, Company, Project, Workspace } from "../domain/entities.ts";
import type { Permission } from "../domain/permissions.ts";
import type { PlanTier } from "../domain/states.ts";
import type { DeliveryNetworks } from "../network/allowance.ts";
import type { CidrSet } from "../network/cidr.ts";
import type { CallLimits } from "./rate-limit.ts";

/** What a key may do, how often and from where. */
export interface KeyTerms {
  /** Undefined: everything that its kind allows. */
  permissions: ReadonlySet<Permission> | undefined;
  limits: CallLimits;
  /** From where a company's keys may manage; of no use for other keys. */
  allowlist: CidrSet;
}

export interface Credentials {
  holder: KeyHolder;
  /** Undefined: the admin key, which is bound by none. */
  terms: KeyTerms | undefined;
}

export interface Authenticator {
  /**
   * Who holds this key, and on which terms.
   * @throws DomainError UNAUTHENTICATED when it is missing, malformed, unknown, expired or revoked.
   */
  authenticate(key: string | undefined): Promise<Credentials>;
}

export interface CreateApiKeyInput {
  companyId: string;
  /** Empty: a company key. */
  workspaceId: string;
  name: string;
  expiresAt: Date | null;
  /** None: everything that its kind allows. */
  permissions?: Permission[];
  /** 0: what this installation gives every key. */
  operationsPerMinute?: number;
  readsPerMinute?: number;
}

/** For the operator. Ids in inputs are as the caller wrote them. */
export interface TenantApi {
  createCompany(caller: Caller, input: { name: string; planTier: PlanTier }): Promise<Company>;
  getCompany(caller: Caller, companyId: string): Promise<Company>;
  listCompanies(caller: Caller, page: PageRequest): Promise<Page<Company>>;
  /** Blocks of addresses as the caller wrote them. */
  setIpAllowlist(caller: Caller, input: { companyId: string; cidrs: string[] }): Promise<Company>;
  setPlanTier(caller: Caller, input: { companyId: string; planTier: PlanTier }): Promise<Company>;
  setDeliveryNetworks(caller: Caller, input: DeliveryNetworks & { companyId: string }): Promise<Company>;
  createWorkspace(caller: Caller, input: { companyId: string; name: string; region: string }): Promise<Workspace>;
  listWorkspaces(caller: Caller, input: PageRequest & { companyId: string }): Promise<Page<Workspace>>;
  createProject(caller: Caller, input: { workspaceId: string; name: string }): Promise<Project>;
  listProjects(caller: Caller, input: PageRequest & { workspaceId: string }): Promise<Page<Project>>;
  /** The key itself is answered here and never again. */
  createApiKey(caller: Caller, input: CreateApiKeyInput): Promise<{ apiKey: ApiKey; key: string }>;
  listApiKeys(caller: Caller, input: PageRequest & { companyId: string }): Promise<Page<ApiKey>>;
  revokeApiKey(caller: Caller, keyId: string): Promise<ApiKey>;
}
