import type { Uuid } from "../../domain/ids.ts";
import type { CompanyTerms } from "../../endpoints/ports.ts";
import type { CompanyRow } from "../models/company.ts";
import type { RunStatement } from "../statement.ts";
import { leastTerms, toTerms } from "./terms.ts";

const company = {
  name: "shareCompany",
  text: `SELECT plan_tier AS "planTier", delivery_networks AS "deliveryNetworks" FROM companies WHERE id = $1 FOR SHARE`,
};
const workspace = {
  name: "lockWorkspace",
  text: "SELECT endpoints_version AS version FROM workspaces WHERE id = $1 FOR NO KEY UPDATE",
};

/** A workspace that is locked until the transaction ends. */
export interface LockedWorkspace {
  terms: CompanyTerms;
  /** Every change of its endpoints raises it; undefined: there is no such workspace. */
  version: string | undefined;
}

/** Locks a workspace for whoever adds to it, its company's terms before it, as `lockTerms` does. */
export async function lockWorkspace(run: RunStatement, companyId: Uuid, workspaceId: Uuid): Promise<LockedWorkspace> {
  const [row] = await run<Pick<CompanyRow, "planTier" | "deliveryNetworks">>(company, [companyId]);
  const [locked] = await run<{ version: string }>(workspace, [workspaceId]);
  return { terms: row ? toTerms(row) : leastTerms, version: locked?.version };
}
