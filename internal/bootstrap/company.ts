import type { PlanTier } from "../domain/states.ts";
import type { DeliveryNetworks } from "../network/allowance.ts";
import type { KnownCompany, KnownWorkspace, Tenants } from "./ports.ts";

export interface WantedCompany {
  name: string;
  /** One that is there already; empty: the one in the Secret, else the one of that name, else a new one. */
  id: string;
  /** Of a company that is made; one that is there keeps its own. */
  planTier: PlanTier;
  /** Blocks from which its keys may manage, in their plain form. */
  allowedCidrs: string[];
  /** What its endpoints may reach beside the public internet. */
  deliveryNetworks: DeliveryNetworks;
}

/** What was done, a sentence each, for a person. */
export type Say = (text: string) => void;

/**
 * The company of this installation: by id where one is known, else by its name, else made. A run that died after it made
 * the company finds it by name; so does one whose Secret is lost.
 * @param remembered the id in the Secret of an earlier run; empty: none
 * @throws Error that says what to do when it cannot be told which company is meant
 */
export async function ensureCompany(
  tenants: Tenants,
  wanted: WantedCompany,
  { remembered, replace }: { remembered: string; replace: boolean },
  say: Say,
): Promise<KnownCompany> {
  if (wanted.id !== "" && remembered !== "" && wanted.id !== remembered) {
    throw new Error(
      `BOOTSTRAP_COMPANY_ID is ${wanted.id}, and the Secret has the keys of ${remembered}: ` +
        "let BOOTSTRAP_KEYS_SECRET and BOOTSTRAP_CONTROLLER_SECRET name other Secrets, or delete these",
    );
  }
  const id = wanted.id || remembered;
  const known = id === "" ? undefined : await tenants.company(id);
  if (known) return known;
  if (wanted.id !== "") throw new Error(`BOOTSTRAP_COMPANY_ID is ${wanted.id}, and the API has no such company`);
  if (remembered !== "" && !replace) {
    throw new Error(
      `the Secret has the keys of company ${remembered}, which the API does not have: this is another database than they ` +
        "were made for. If it is meant, delete the Secrets that bootstrap made, or set BOOTSTRAP_REPLACE_SECRETS=true",
    );
  }

  const named = (await tenants.companies()).filter(({ name }) => name === wanted.name);
  if (named.length > 1) {
    throw new Error(
      `${named.length} companies are called ${JSON.stringify(wanted.name)}: ` +
        `set BOOTSTRAP_COMPANY_ID to one of ${named.map((each) => each.id).join(", ")}`,
    );
  }
  if (named[0]) {
    say(`company ${named[0].id} is called ${JSON.stringify(wanted.name)} and is taken`);
    return named[0];
  }
  const made = await tenants.createCompany(wanted.name, wanted.planTier);
  say(`company ${made.id} made: ${JSON.stringify(made.name)}, plan ${made.planTier}`);
  return made;
}

/** Adds to the allowlist what is missing; what others have put there stays. */
export async function allowAddresses(
  tenants: Tenants,
  { id, ipAllowlist }: KnownCompany,
  { allowedCidrs }: Pick<WantedCompany, "allowedCidrs">,
  say: Say,
): Promise<void> {
  const missing = allowedCidrs.filter((cidr) => !ipAllowlist.includes(cidr));
  if (missing.length === 0) return;
  await tenants.setIpAllowlist(id, [...ipAllowlist, ...missing]);
  say(`its keys may manage from ${missing.join(", ")}`);
}

/** Lets deliveries reach what is missing; what others have allowed stays. */
export async function allowNetworks(
  tenants: Tenants,
  { id, deliveryNetworks: now }: KnownCompany,
  { deliveryNetworks: wanted }: Pick<WantedCompany, "deliveryNetworks">,
  say: Say,
): Promise<void> {
  const networks = wanted.networks.filter(({ cidr }) => now.networks.every((each) => each.cidr !== cidr));
  const nameSuffixes = wanted.nameSuffixes.filter((suffix) => !now.nameSuffixes.includes(suffix));
  const allowHttp = now.allowHttp || wanted.allowHttp;
  if (networks.length === 0 && nameSuffixes.length === 0 && allowHttp === now.allowHttp) return;
  await tenants.setDeliveryNetworks(id, {
    networks: [...now.networks, ...networks],
    nameSuffixes: [...now.nameSuffixes, ...nameSuffixes],
    allowHttp,
  });
  const reached = [...networks.map(({ cidr }) => cidr), ...nameSuffixes].join(", ");
  say(`its endpoints may reach ${reached || "these networks"}${allowHttp ? ", over http:// too" : ""}`);
}

/** The workspace of the Secret, else that of this name in this region, else a new one. */
export async function ensureWorkspace(
  tenants: Tenants,
  companyId: string,
  { name, region }: Pick<KnownWorkspace, "name" | "region">,
  remembered: string,
  say: Say,
): Promise<KnownWorkspace> {
  const standing = await tenants.workspaces(companyId);
  const found =
    standing.find(({ id }) => id === remembered) ??
    standing.find((workspace) => workspace.name === name && workspace.region === region);
  if (found) return found;
  const made = await tenants.createWorkspace(companyId, name, region);
  say(`workspace ${made.id} made: ${JSON.stringify(made.name)}, region ${made.region}`);
  return made;
}
