import type { Sequelize, Transaction } from "sequelize";
import type { EndpointChange } from "../../endpoints/ports.ts";
import { announce } from "../changes/announce.ts";
import type { Models } from "../models/models.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import { managerColumns } from "./rows.ts";

type HeaderColumns = Pick<WebhookEndpointRow, "headerNames" | "headers" | "headersVersion">;

/**
 * Writes a change of an endpoint whose row this transaction has locked: another etag, another endpoints version of
 * its workspace, a notice to every process.
 */
export async function writeChange(
  models: Models,
  transaction: Transaction,
  row: WebhookEndpointRow,
  { managedBy, ...change }: Omit<EndpointChange, "headers"> & Partial<HeaderColumns> & { deletedAt?: Date },
): Promise<void> {
  const version = String(BigInt(row.version) + 1n);
  await row.update({ ...change, ...managerColumns(managedBy), version, updatedAt: new Date() }, { transaction });
  await models.Workspace.increment("endpointsVersion", { where: { id: row.workspaceId }, transaction });
  await announce(models.Workspace.sequelize as Sequelize, transaction, [
    ["endpoint", row.id],
    ["workspace", row.workspaceId],
  ]);
}
