import type { Permission } from "../domain/permissions.ts";
import {
  allowAddresses,
  allowNetworks,
  ensureCompany,
  ensureWorkspace,
  type Say,
  type WantedCompany,
} from "./company.ts";
import { ensureKey, ownSecret, type WantedKey } from "./keys.ts";
import type { KeySecrets, KnownCompany, KnownWorkspace, Tenants } from "./ports.ts";

export interface Wanted {
  company: WantedCompany;
  workspace: { name: string; region: string };
  /** For companyId, companyKey, workspaceId and workspaceKey. */
  keysSecret: string;
  /** For the controller's key; empty: there is no controller. */
  controllerSecret: string;
  controllerLimits: { operationsPerMinute: number; readsPerMinute: number };
  /** Whether Secrets of a company that the API does not have are written anew. */
  replace: boolean;
  /** Which installation this is, for the names of its keys: those of no other one are touched. */
  installation: string;
}

const controllerPermissions: Permission[] = ["READ_ENDPOINTS", "WRITE_ENDPOINTS"];

/**
 * Brings a new installation to its first company, workspace and keys, and does nothing where they stand. It may be killed
 * at any moment and run again, but only one at a time: whoever calls it holds a lock.
 * @throws Error that says what to do; what the ports throw
 */
export async function bootstrap(
  ports: { tenants: Tenants; secrets: KeySecrets; say: Say },
  wanted: Wanted,
): Promise<{ company: KnownCompany; workspace: KnownWorkspace }> {
  const { tenants, secrets, say } = ports;
  const kept = await ownSecret(secrets, wanted.keysSecret);
  if (wanted.controllerSecret !== "") await ownSecret(secrets, wanted.controllerSecret);
  const { companyId: remembered = "", workspaceId: rememberedWorkspace = "" } = kept.values;
  const company = await ensureCompany(tenants, wanted.company, { remembered, replace: wanted.replace }, say);
  const companyId = company.id;
  // Before there is a key to use: the controller's first call is not refused.
  await allowAddresses(tenants, company, wanted.company, say);
  await allowNetworks(tenants, company, wanted.company, say);
  const workspace = await ensureWorkspace(tenants, companyId, wanted.workspace, rememberedWorkspace, say);
  const workspaceId = workspace.id;

  const standing = await tenants.keys(companyId);
  const named = (secret: string, field: string) => `bootstrap ${wanted.installation}/${secret} ${field}`;
  const plain = { companyId, workspaceId: "", permissions: [], operationsPerMinute: 0, readsPerMinute: 0 };
  const beside = { companyId, workspaceId };
  const ensure = (secret: string, key: Omit<WantedKey, "name">) =>
    ensureKey(ports, secret, { ...key, name: named(secret, key.field) }, standing);
  await ensure(wanted.keysSecret, { ...plain, field: "companyKey", beside });
  await ensure(wanted.keysSecret, { ...plain, workspaceId, field: "workspaceKey", beside });
  if (wanted.controllerSecret !== "") {
    const { controllerSecret, controllerLimits } = wanted;
    const terms = { ...plain, ...controllerLimits, permissions: controllerPermissions };
    await ensure(controllerSecret, { ...terms, field: "key", beside: {} });
  }
  return { company, workspace };
}
