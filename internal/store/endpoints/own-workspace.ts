import type { Pool } from "pg";
import type { Uuid } from "../../domain/ids.ts";
import type { OwnWorkspace } from "../../endpoints/ports.ts";
import type { CompanyRow } from "../models/company.ts";
import { runStatement } from "../statement.ts";
import { toTerms } from "../tenancy/terms.ts";

type Columns = Pick<CompanyRow, "planTier" | "deliveryNetworks"> & { region: string };

const statement = {
  name: "ownWorkspace",
  text: `
SELECT w.region, c.plan_tier AS "planTier", c.delivery_networks AS "deliveryNetworks"
FROM workspaces w
JOIN companies c ON c.id = w.company_id
WHERE w.id = $1 AND w.company_id = $2`,
};

/** A workspace of this company, with what binds its endpoints; undefined: it has none of that id. */
export async function readOwnWorkspace(prepared: Pool, companyId: Uuid, id: Uuid): Promise<OwnWorkspace | undefined> {
  const [columns] = await runStatement<Columns>(prepared, statement, [id, companyId]);
  return columns && { id, region: columns.region, ...toTerms(columns) };
}
