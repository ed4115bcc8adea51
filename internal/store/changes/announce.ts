import { QueryTypes, type Sequelize, type Transaction } from "sequelize";
import type { Uuid } from "../../domain/ids.ts";

/** What other processes keep copies of. */
export type ChangeKind = "company" | "workspace" | "endpoint" | "apikey";

/** Every process listens here, for `<kind>:<uuid>`. */
export const changesChannel = "sealpost_changed";

/** Tells every process of changes, with the commit of the transaction that makes them. */
export async function announce(
  sequelize: Sequelize,
  transaction: Transaction,
  changes: [kind: ChangeKind, id: Uuid][],
): Promise<void> {
  await sequelize.query("SELECT pg_notify($1, change) FROM unnest($2::text[]) AS u (change)", {
    bind: [changesChannel, changes.map(([kind, id]) => `${kind}:${id}`)],
    type: QueryTypes.SELECT,
    transaction,
  });
}
