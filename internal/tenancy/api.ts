import type { Caller, KeyHolder, Page, PageRequest } from "../domain/caller.ts";
import type { ApiKey, Company, Project, Workspace } from "../domain/entities.ts";
import type { PlanTier } from "../domain/states.ts";
import type { DeliveryNetworks } from "../network/allowance.ts";

export interface Authenticator {
  /**
   * Who holds this key.
   * @throws DomainError UNAUTHENTICATED when it is missing, malformed, unknown, expired or revoked.
   */
  authenticate(key: string | undefined): Promise<KeyHolder>;
}

/** For the operator. Ids in inputs are as the caller wrote them. */
export interface TenantApi {
  createCompany(caller: Caller, input: { name: string; planTier: PlanTier }): Promise<Company>;
  getCompany(caller: Caller, companyId: string): Promise<Company>;
  listCompanies(caller: Caller, page: PageRequest): Promise<Page<Company>>;
  setPlanTier(caller: Caller, input: { companyId: string; planTier: PlanTier }): Promise<Company>;
  setDeliveryNetworks(caller: Caller, input: DeliveryNetworks & { companyId: string }): Promise<Company>;
  createWorkspace(caller: Caller, input: { companyId: string; name: string; region: string }): Promise<Workspace>;
  listWorkspaces(caller: Caller, input: PageRequest & { companyId: string }): Promise<Page<Workspace>>;
  createProject(caller: Caller, input: { workspaceId: string; name: string }): Promise<Project>;
  listProjects(caller: Caller, input: PageRequest & { workspaceId: string }): Promise<Page<Project>>;
  /** The key itself is answered here and never again. */
  createApiKey(
    caller: Caller,
    input: { companyId: string; workspaceId: string; name: string; expiresAt: Date | null },
  ): Promise<{ apiKey: ApiKey; key: string }>;
  listApiKeys(caller: Caller, input: PageRequest & { companyId: string }): Promise<Page<ApiKey>>;
  revokeApiKey(caller: Caller, keyId: string): Promise<ApiKey>;
}
