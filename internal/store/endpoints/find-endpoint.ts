import type { Transaction } from "sequelize";
import type { Uuid } from "../../domain/ids.ts";
import type { CompanyTerms } from "../../endpoints/ports.ts";
import type { Models } from "../models/models.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import { toTerms } from "../tenancy/terms.ts";
import { type LiveSecret, liveSecrets } from "./live-secrets.ts";

export interface FoundEndpoint {
  row: WebhookEndpointRow;
  terms: CompanyTerms;
  live: LiveSecret[];
}

/** An endpoint of a company, with its statistics; with a transaction, locked for a change. */
export async function findEndpoint(
  models: Models,
  companyId: Uuid,
  id: Uuid,
  transaction?: Transaction,
): Promise<FoundEndpoint | undefined> {
  const { WebhookEndpoint } = models;
  const owner = { association: "workspace", where: { companyId }, include: [{ association: "company" }] };
  const row = await WebhookEndpoint.findOne({
    where: { id, deletedAt: null },
    include: [owner, { association: "statistics" }],
    ...(transaction && { transaction, lock: { level: transaction.LOCK.NO_KEY_UPDATE, of: WebhookEndpoint } }),
  });
  const company = row?.workspace?.company;
  if (!row || !company) return undefined;
  const live = await liveSecrets(models, [id], transaction);
  return { row, terms: toTerms(company), live: live.get(id) ?? [] };
}
