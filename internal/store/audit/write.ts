import type { Transaction } from "sequelize";
import type { AuditEntry } from "../../domain/audit.ts";
import type { Models } from "../models/models.ts";
import { toRow } from "./rows.ts";

/** Records an operation in the transaction of its change: both are committed, or neither. */
export async function writeAudit(
  { AuditEntry }: Pick<Models, "AuditEntry">,
  transaction: Transaction,
  entry: AuditEntry,
): Promise<void> {
  await AuditEntry.create(toRow(entry), { transaction, returning: false });
}
