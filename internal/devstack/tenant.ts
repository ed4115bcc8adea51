import { runPartOnce } from "./run-part.ts";
import type { StateFolder } from "./state-folder.ts";

/** Whom the development stack works for, with keys. */
export interface Tenant {
  planTier: string;
  region: string;
  companyId: string;
  companyKey: string;
  workspaceId: string;
  workspaceKey: string;
  projectId: string;
}

/** What `seed --json` prints: keys only when it made them. */
type SeedReport = Omit<Tenant, "companyKey" | "workspaceKey"> & Partial<Pick<Tenant, "companyKey" | "workspaceKey">>;

const file = "tenant.json";

/** Seeds, and remembers the keys: they are shown once. Where they were lost, they are made again. */
export async function seedTenant(state: StateFolder, env: Record<string, string>): Promise<Tenant> {
  const known = state.read<Tenant>(file);
  let report = await seed([], env);
  let keys = keysOf(report) ?? (known?.workspaceId === report.workspaceId ? keysOf(known) : undefined);
  if (!keys) {
    report = await seed(["--renew-keys"], env);
    keys = keysOf(report);
  }
  if (!keys) throw new Error("seed made no keys: remove the state folder with --fresh");
  const tenant = { ...report, ...keys };
  state.write(file, tenant);
  return tenant;
}

async function seed(args: string[], env: Record<string, string>): Promise<SeedReport> {
  return JSON.parse(await runPartOnce("seed", ["--json", ...args], env)) as SeedReport;
}

function keysOf(from: SeedReport): Pick<Tenant, "companyKey" | "workspaceKey"> | undefined {
  const { companyKey, workspaceKey } = from;
  return companyKey && workspaceKey ? { companyKey, workspaceKey } : undefined;
}
