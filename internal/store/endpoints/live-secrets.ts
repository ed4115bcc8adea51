import { fn, literal, Op, type Transaction } from "sequelize";
import type { Uuid } from "../../domain/ids.ts";
import type { Models } from "../models/models.ts";
import type { WebhookEndpointSecretRow } from "../models/webhook-endpoint-secret.ts";

export interface LiveSecret {
  row: WebhookEndpointSecretRow;
  /** How long it still signs, ms, by the database's clock; null: it is the current one. */
  leftMs: number | null;
}

/** The secrets that sign now, the current one first, by endpoint. */
export async function liveSecrets(
  models: Models,
  endpointIds: Uuid[],
  transaction?: Transaction,
): Promise<Map<Uuid, LiveSecret[]>> {
  const rows = await models.WebhookEndpointSecret.findAll({
    where: { endpointId: endpointIds, notAfter: { [Op.or]: [{ [Op.is]: null }, { [Op.gt]: fn("clock_timestamp") }] } },
    attributes: { include: [[literal("EXTRACT(EPOCH FROM not_after - clock_timestamp())::float8 * 1000"), "leftMs"]] },
    order: [["version", "DESC"]],
    ...(transaction && { transaction }),
  });
  const byEndpoint = new Map<Uuid, LiveSecret[]>(endpointIds.map((id) => [id, []]));
  for (const row of rows) {
    byEndpoint.get(row.endpointId)?.push({ row, leftMs: row.get("leftMs") as number | null });
  }
  return byEndpoint;
}
