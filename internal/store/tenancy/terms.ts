import type { Transaction } from "sequelize";
import type { Uuid } from "../../domain/ids.ts";
import type { CompanyTerms } from "../../endpoints/ports.ts";
import { allowanceOf, noAllowance } from "../../network/allowance.ts";
import type { CompanyRow } from "../models/company.ts";
import type { Models } from "../models/models.ts";

/** What binds a company's endpoints. */
export function toTerms({
  planTier,
  deliveryNetworks,
}: Pick<CompanyRow, "planTier" | "deliveryNetworks">): CompanyTerms {
  return { planTier, allowance: allowanceOf(deliveryNetworks) };
}

/** Of a company that is not there. */
export const leastTerms: CompanyTerms = { planTier: "FREE", allowance: noAllowance };

/**
 * A company's terms, which stay what they are until this transaction ends. Everybody who changes what they decide comes
 * here first, before endpoints, workspaces and deliveries, and so does a change of plan: none slips past it.
 */
export async function lockTerms({ Company }: Models, transaction: Transaction, companyId: Uuid): Promise<CompanyTerms> {
  const row = await Company.findByPk(companyId, {
    attributes: ["planTier", "deliveryNetworks"],
    transaction,
    lock: transaction.LOCK.SHARE,
  });
  return row ? toTerms(row) : leastTerms;
}
