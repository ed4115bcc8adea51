import type { Transaction } from "sequelize";
import type { Uuid } from "../../domain/ids.ts";
import type { PlanTier } from "../../domain/states.ts";
import type { Models } from "../models/models.ts";

/**
 * A company's plan, which stays what it is until this transaction ends. Everybody who changes what a plan decides
 * comes here first, before endpoints, workspaces and deliveries, and so does a change of plan: none slips past it.
 * A company that is not there has the least.
 */
export async function lockPlan({ Company }: Models, transaction: Transaction, companyId: Uuid): Promise<PlanTier> {
  const row = await Company.findByPk(companyId, {
    attributes: ["planTier"],
    transaction,
    lock: transaction.LOCK.SHARE,
  });
  return row?.planTier ?? "FREE";
}
