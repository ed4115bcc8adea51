import { QueryTypes, type Sequelize, type Transaction } from "sequelize";
import type { Company } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import { includesWebhooks } from "../../domain/plan.ts";
import type { PlanTier } from "../../domain/states.ts";
import type { AuditPlanChange } from "../../tenancy/ports.ts";
import { writeAudit } from "../audit/write.ts";
import { announce } from "../changes/announce.ts";
import type { Models } from "../models/models.ts";
import { runTransaction } from "../models/run.ts";
import { toCompany } from "./rows.ts";

/**
 * Moves a company to another plan and, where the new one has no endpoints or has them again, its endpoints with it:
 * what is ACTIVE is SUSPENDED, what is SUSPENDED is ACTIVE again. Deliveries are not touched: whoever takes one up
 * looks at its endpoint. The company is locked first (`lockTerms`), so no endpoint is made or enabled meanwhile.
 */
export function changePlan(
  sequelize: Sequelize,
  models: Models,
  id: Uuid,
  planTier: PlanTier,
  audit: AuditPlanChange,
): Promise<Company | undefined> {
  return runTransaction(sequelize, async (transaction) => {
    const row = await models.Company.findByPk(id, { transaction, lock: transaction.LOCK.NO_KEY_UPDATE });
    if (!row) return undefined;
    const before = toCompany(row);
    await row.update({ planTier }, { transaction });
    const after = toCompany(row);
    const [had, has] = [includesWebhooks(before.planTier), includesWebhooks(after.planTier)];
    const moved = had === has ? 0 : await moveEndpoints(sequelize, transaction, id, has ? resume : suspend);
    await writeAudit(models, transaction, audit(before, after, moved));
    return after;
  });
}

const suspend = { from: "ACTIVE", to: "SUSPENDED", reason: "PLAN" } as const;
const resume = { from: "SUSPENDED", to: "ACTIVE", reason: null } as const;

/** All at once, however many there are; processes are told of the company, not of each endpoint. Answers how many. */
async function moveEndpoints(
  sequelize: Sequelize,
  transaction: Transaction,
  companyId: Uuid,
  { from, to, reason }: typeof suspend | typeof resume,
): Promise<number> {
  const [, moved] = await sequelize.query(
    `UPDATE webhook_endpoints e
     SET status = $3, disabled_reason = $4, version = e.version + 1, updated_at = now()
     FROM workspaces w
     WHERE w.id = e.workspace_id AND w.company_id = $1 AND e.deleted_at IS NULL AND e.status = $2`,
    { bind: [companyId, from, to, reason], type: QueryTypes.UPDATE, transaction },
  );
  const touched = await sequelize.query<{ id: Uuid }>(
    "UPDATE workspaces SET endpoints_version = endpoints_version + 1 WHERE company_id = $1 RETURNING id",
    { bind: [companyId], type: QueryTypes.SELECT, transaction },
  );
  const workspaces = touched.map(({ id }): ["workspace", Uuid] => ["workspace", id]);
  await announce(sequelize, transaction, [["company", companyId], ...workspaces]);
  return moved;
}
