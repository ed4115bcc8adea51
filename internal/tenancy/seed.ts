import { randomUUID } from "node:crypto";
import type { Caller, Page, PageRequest } from "../domain/caller.ts";
import type { ApiKey, Company, Project, Workspace } from "../domain/entities.ts";
import { formatId } from "../domain/ids.ts";
import type { PlanTier } from "../domain/states.ts";
import type { TenantApi } from "./api.ts";

export interface SeedInput {
  planTier: PlanTier;
  region: string;
  /** Whether keys that exist are revoked and made again, because nobody has them any more. */
  renewKeys?: boolean;
}

/** A key of the seed; `key` is there only when this run made it. */
interface SeedKey {
  apiKey: ApiKey;
  key?: string;
}

/** What stands after seeding, and what this run added or changed of it, for a person to read. */
export interface Seeded {
  company: Company;
  workspace: Workspace;
  project: Project;
  companyKey: SeedKey;
  workspaceKey: SeedKey;
  changes: string[];
}

const companyName = "Acme";
const keyName = "seed";
/** A development stack is managed from its own machine. */
const loopback = ["127.0.0.0/8", "::1/128"];
const operator: Caller = { kind: "admin", origin: { address: "", requestId: randomUUID(), method: "seed" } };

/**
 * Makes a company to try things with: workspace, project, and a key of each kind, through the same rules as any
 * other. Can be run again: what stands is kept, the plan is moved to the wanted one.
 */
export async function seed(tenants: TenantApi, input: SeedInput): Promise<Seeded> {
  const changes: string[] = [];
  const company = await seedCompany(tenants, input.planTier, changes);
  const companyId = formatId("company", company.id);
  const { region } = input;

  if (company.ipAllowlist.length === 0) {
    changes.push(`management allowed from ${loopback.join(" and ")}`);
    await tenants.setIpAllowlist(operator, { companyId, cidrs: loopback });
  }

  const workspaces = await all((page) => tenants.listWorkspaces(operator, { ...page, companyId }));
  let workspace = workspaces.find((standing) => standing.region === region);
  if (!workspace) {
    changes.push(`workspace in region ${region} made`);
    workspace = await tenants.createWorkspace(operator, { companyId, name: `${companyName} ${region}`, region });
  }
  const workspaceId = formatId("workspace", workspace.id);

  let [project] = await all((page) => tenants.listProjects(operator, { ...page, workspaceId }));
  if (!project) {
    changes.push("project made");
    project = await tenants.createProject(operator, { workspaceId, name: "Demo" });
  }

  const keys = await all((page) => tenants.listApiKeys(operator, { ...page, companyId }));
  const seedKey = async (kind: string, scope: string): Promise<SeedKey> => {
    const usable = keys.filter(
      ({ name, revokedAt, expiresAt, workspaceId: of }) =>
        name === keyName && !revokedAt && !expiresAt && (of === null ? "" : formatId("workspace", of)) === scope,
    );
    if (usable[0] && !input.renewKeys) return { apiKey: usable[0] };
    for (const { id } of usable) await tenants.revokeApiKey(operator, formatId("apiKey", id));
    changes.push(`${kind} key ${usable.length > 0 ? "made again, the old one revoked" : "made"}`);
    return tenants.createApiKey(operator, { companyId, workspaceId: scope, name: keyName, expiresAt: null });
  };
  const companyKey = await seedKey("company", "");
  const workspaceKey = await seedKey("workspace", workspaceId);
  return { company, workspace, project, companyKey, workspaceKey, changes };
}

async function seedCompany(tenants: TenantApi, planTier: PlanTier, changes: string[]): Promise<Company> {
  const companies = await all((page) => tenants.listCompanies(operator, page));
  const standing = companies.find(({ name }) => name === companyName);
  if (!standing) {
    changes.push(`company ${companyName} made, plan ${planTier}`);
    return tenants.createCompany(operator, { name: companyName, planTier });
  }
  if (standing.planTier === planTier) return standing;
  changes.push(`plan moved from ${standing.planTier} to ${planTier}`);
  return tenants.setPlanTier(operator, { companyId: formatId("company", standing.id), planTier });
}

/** A whole list, oldest first: what the first run made is found again, whatever came later. */
async function all<T>(list: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let pageToken = "";
  do {
    const page = await list({ pageSize: 100, pageToken });
    items.push(...page.items);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return items.toReversed();
}
