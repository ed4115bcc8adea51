import type { Uuid } from "../../domain/ids.ts";
import type { CompanyTerms } from "../../endpoints/ports.ts";
import type { CompanyRow } from "../models/company.ts";
import type { RunStatement } from "../statement.ts";
import { leastTerms, toTerms } from "./terms.ts";

const company = {
  name: "shareCompany",
  text: `SELECT plan_tier AS "planTier", delivery_networks AS "deliveryNetworks" FROM companies WHERE id = $1 FOR SHARE`,
};
const workspace = { name: "lockWorkspace", text: "SELECT id FROM workspaces WHERE id = $1 FOR NO KEY UPDATE" };

/** Locks a workspace for whoever adds to it, its company's terms before it, as `lockTerms` does. Answers those. */
export async function lockWorkspace(run: RunStatement, companyId: Uuid, workspaceId: Uuid): Promise<CompanyTerms> {
  const [row] = await run<Pick<CompanyRow, "planTier" | "deliveryNetworks">>(company, [companyId]);
  await run(workspace, [workspaceId]);
  return row ? toTerms(row) : leastTerms;
}
