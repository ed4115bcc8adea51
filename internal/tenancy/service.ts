import { type Caller, keyNames, type Page, type PageRequest, requireCaller } from "../domain/caller.ts";
import type { ApiKey, Company, Project, Workspace } from "../domain/entities.ts";
import { type FieldViolation, invalidArgument, notFound } from "../domain/errors.ts";
import { type IdKind, newUuid, parseId, type Uuid, uuidTime } from "../domain/ids.ts";
import type { Paging } from "../domain/paging.ts";
import { type Permission, permissionsOf } from "../domain/permissions.ts";
import type { PlanTier } from "../domain/states.ts";
import { checkLine } from "../domain/text.ts";
import { type DeliveryNetworks, noDeliveryNetworks } from "../network/allowance.ts";
import type { CreateApiKeyInput, TenantApi } from "./api.ts";
import {
  auditCompanyChanged,
  auditCompanyMade,
  auditKeyChanged,
  auditKeyMade,
  auditNetworksChanged,
  auditPlanChanged,
  auditProjectMade,
  auditWorkspaceMade,
} from "./audit.ts";
import { readDeliveryNetworks } from "./delivery-networks.ts";
import { canonicalAllowlist } from "./ip-allowlist.ts";
import { newKey } from "./key-format.ts";
import type { KeyHash } from "./key-hash.ts";
import type { TenantRecord } from "./ports.ts";

export interface TenantServiceOptions {
  record: TenantRecord;
  hash: KeyHash;
  paging: Paging;
  /** The regions this installation serves. */
  regions: readonly string[];
}

const maxNameLength = 200;

/** The operator's side: who may use this installation, with which plan and keys. */
export class TenantService implements TenantApi {
  readonly #options: TenantServiceOptions;

  constructor(options: TenantServiceOptions) {
    this.#options = options;
  }

  async createCompany(caller: Caller, input: { name: string; planTier: PlanTier }): Promise<Company> {
    admin(caller);
    const company = {
      ...newRow(),
      name: lineOf("name", input.name),
      planTier: input.planTier,
      deliveryNetworks: noDeliveryNetworks,
      ipAllowlist: [],
    };
    await this.#options.record.addCompany(company, auditCompanyMade(caller, company));
    return company;
  }

  async getCompany(caller: Caller, companyId: string): Promise<Company> {
    admin(caller);
    return this.#company(companyId);
  }

  async listCompanies(caller: Caller, page: PageRequest): Promise<Page<Company>> {
    admin(caller);
    return this.#options.paging.page(page, ["companies"], (slice) => this.#options.record.listCompanies(slice));
  }

  async setPlanTier(caller: Caller, input: { companyId: string; planTier: PlanTier }): Promise<Company> {
    admin(caller);
    const id = parseId("company", input.companyId);
    const audit = auditPlanChanged(caller);
    const company = id && (await this.#options.record.setPlanTier(id, input.planTier, audit));
    return company || absent("company", input.companyId);
  }

  async setDeliveryNetworks(caller: Caller, input: DeliveryNetworks & { companyId: string }): Promise<Company> {
    admin(caller);
    const networks = readDeliveryNetworks(input);
    const id = parseId("company", input.companyId);
    const audit = auditNetworksChanged(caller);
    const company = id && (await this.#options.record.setDeliveryNetworks(id, networks, audit));
    return company || absent("company", input.companyId);
  }

  async setIpAllowlist(caller: Caller, input: { companyId: string; cidrs: string[] }): Promise<Company> {
    admin(caller);
    const blocks = canonicalAllowlist(input.cidrs);
    const id = parseId("company", input.companyId);
    const audit = auditCompanyChanged(caller);
    const company = id && (await this.#options.record.setIpAllowlist(id, blocks, audit));
    return company || absent("company", input.companyId);
  }

  async createWorkspace(
    caller: Caller,
    input: { companyId: string; name: string; region: string },
  ): Promise<Workspace> {
    admin(caller);
    const { id: companyId } = await this.#company(input.companyId);
    const { regions, record } = this.#options;
    if (!regions.includes(input.region)) {
      throw invalidArgument({ field: "region", description: `must be one of ${regions.join(", ")}` });
    }
    const workspace = { ...newRow(), companyId, name: lineOf("name", input.name), region: input.region };
    await record.addWorkspace(workspace, auditWorkspaceMade(caller, workspace));
    return workspace;
  }

  async listWorkspaces(caller: Caller, input: PageRequest & { companyId: string }): Promise<Page<Workspace>> {
    admin(caller);
    const { id } = await this.#company(input.companyId);
    const { paging, record } = this.#options;
    return paging.page(input, ["workspaces", id], (slice) => record.listWorkspaces(id, slice));
  }

  async createProject(caller: Caller, input: { workspaceId: string; name: string }): Promise<Project> {
    admin(caller);
    const { id: workspaceId, companyId } = await this.#workspace(input.workspaceId);
    const project = { ...newRow(), workspaceId, name: lineOf("name", input.name) };
    await this.#options.record.addProject(project, auditProjectMade(caller, companyId, project));
    return project;
  }

  async listProjects(caller: Caller, input: PageRequest & { workspaceId: string }): Promise<Page<Project>> {
    admin(caller);
    const { id } = await this.#workspace(input.workspaceId);
    const { paging, record } = this.#options;
    return paging.page(input, ["projects", id], (slice) => record.listProjects(id, slice));
  }

  async createApiKey(caller: Caller, input: CreateApiKeyInput): Promise<{ apiKey: ApiKey; key: string }> {
    admin(caller);
    const { id: companyId } = await this.#company(input.companyId);
    const workspace = input.workspaceId === "" ? null : await this.#workspace(input.workspaceId);
    if (workspace && workspace.companyId !== companyId) absent("workspace", input.workspaceId);
    const row = newRow();
    const kind = workspace ? "workspace" : "company";
    const violations = [...outlived(input.expiresAt, row.createdAt), ...beyond(kind, input.permissions ?? [])];
    if (violations.length > 0) throw invalidArgument(...violations);
    const apiKey: ApiKey = {
      ...row,
      companyId,
      workspaceId: workspace?.id ?? null,
      name: lineOf("name", input.name, 0),
      permissions: input.permissions?.length ? input.permissions : null,
      operationsPerMinute: input.operationsPerMinute || null,
      readsPerMinute: input.readsPerMinute || null,
      expiresAt: input.expiresAt,
      revokedAt: null,
      lastUsedAt: null,
    };
    const key = newKey(kind);
    await this.#options.record.addApiKey(apiKey, this.#options.hash.of(key), auditKeyMade(caller, apiKey));
    return { apiKey, key };
  }

  async listApiKeys(caller: Caller, input: PageRequest & { companyId: string }): Promise<Page<ApiKey>> {
    admin(caller);
    const { id } = await this.#company(input.companyId);
    const { paging, record } = this.#options;
    return paging.page(input, ["keys", id], (slice) => record.listApiKeys(id, slice));
  }

  async revokeApiKey(caller: Caller, keyId: string): Promise<ApiKey> {
    admin(caller);
    const id = parseId("apiKey", keyId);
    const audit = auditKeyChanged(caller);
    return (id && (await this.#options.record.revokeApiKey(id, new Date(), audit))) || absent("apiKey", keyId);
  }

  async #company(shown: string): Promise<Company> {
    const id = parseId("company", shown);
    return (id && (await this.#options.record.readCompany(id))) || absent("company", shown);
  }

  async #workspace(shown: string): Promise<Workspace> {
    const id = parseId("workspace", shown);
    return (id && (await this.#options.record.readWorkspace(id))) || absent("workspace", shown);
  }
}

function admin(caller: Caller): void {
  requireCaller(caller, "admin", "companies, workspaces, projects and keys are managed");
}

function absent(kind: IdKind, shown: string): never {
  throw notFound(kind === "apiKey" ? "key" : kind, shown);
}

function outlived(expiresAt: Date | null, now: Date): FieldViolation[] {
  if (!expiresAt || expiresAt > now) return [];
  return [{ field: "expire_time", description: "must be in the future; leave it out for no end" }];
}

/** What a key of this kind cannot allow, whoever makes it. */
function beyond(kind: "company" | "workspace", permissions: Permission[]): FieldViolation[] {
  const possible = permissionsOf[kind];
  return permissions.flatMap((permission, i) => {
    const description = `${keyNames[kind]} allows ${[...possible].join(", ")} at most`;
    return possible.has(permission) ? [] : [{ field: `permissions[${i}]`, description }];
  });
}

function newRow(): { id: Uuid; createdAt: Date } {
  const id = newUuid();
  return { id, createdAt: new Date(uuidTime(id)) };
}

/** A name as it is kept: trimmed, one line. */
function lineOf(field: string, text: string, minLength = 1): string {
  const line = text.trim();
  const reason = line.length < minLength ? "must not be empty" : checkLine(line, maxNameLength);
  if (reason !== undefined) throw invalidArgument({ field, description: reason });
  return line;
}
