import { Op, QueryTypes, type Sequelize } from "sequelize";
import type { AuditEntry } from "../../domain/audit.ts";
import { uuidAt } from "../../domain/ids.ts";
import type { Models } from "../models/models.ts";
import { runTransaction } from "../models/run.ts";
import { writeAudit } from "./write.ts";

/**
 * Keeps an entry unless one of the same key and reason was kept less than `withinMs` before it, by whichever process:
 * they take turns, by a lock of the key's own, so that none of them overlooks what another is about to keep.
 */
export function addOnce(sequelize: Sequelize, models: Models, entry: AuditEntry, withinMs: number): Promise<void> {
  const { companyId, actor, outcome, createdAt } = entry;
  return runTransaction(sequelize, async (transaction) => {
    await sequelize.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", {
      bind: [`sealpost audit ${companyId} ${actor.keyId ?? actor.kind} ${outcome.reason}`],
      type: QueryTypes.SELECT,
      transaction,
    });
    const since = uuidAt(createdAt.getTime() - withinMs);
    const where = { companyId, keyId: actor.keyId, reason: outcome.reason, id: { [Op.gt]: since } };
    const kept = await models.AuditEntry.count({ where, transaction });
    if (kept === 0) await writeAudit(models, transaction, entry);
  });
}
