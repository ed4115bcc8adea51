import { LRUCache } from "lru-cache";
import { Op, type Sequelize, type Transaction } from "sequelize";
import { GroupCommit } from "../../batching/group-commit.ts";
import type { Endpoint } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { AddTerms } from "../../endpoints/ports.ts";
import { writeAudits } from "../audit/write.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { runTransaction } from "../models/run.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import { lockTerms } from "../tenancy/terms.ts";
import { managerColumns } from "./rows.ts";
import { announceChanges } from "./write.ts";

/** An endpoint on its way into the record, what it keeps sealed already. */
export interface NewEndpoint {
  endpoint: Endpoint;
  /** Its signing secret. */
  sealed: Buffer;
  headers: Pick<WebhookEndpointRow, "headerNames" | "headers" | "headersVersion">;
  terms: AddTerms;
}

/** As EndpointRecord.add answers; `refused` is what the check threw. */
export type Added = boolean | Uuid | { refused: unknown };

/** A statement of so many rows takes some 15 ms. */
const maxRows = 100;
const rememberedWorkspaces = 10_000;

/**
 * New endpoints. Whoever adds to a workspace has it locked, so that none counts past another; those who come while it
 * is, share the next transaction: a controller that brings ten thousand does not wait for as many commits.
 */
export class EndpointAdds {
  readonly #sequelize: Sequelize;
  readonly #models: Models;
  readonly #lines = new LRUCache<Uuid, GroupCommit<NewEndpoint, Added>>({ max: rememberedWorkspaces });

  constructor(sequelize: Sequelize) {
    this.#sequelize = sequelize;
    this.#models = modelsOf(sequelize);
  }

  async add(companyId: Uuid, row: NewEndpoint): Promise<boolean | Uuid> {
    const added = await this.#line(companyId, row.endpoint.workspaceId).add(row);
    if (typeof added === "object") throw added.refused;
    return added;
  }

  #line(companyId: Uuid, workspaceId: Uuid): GroupCommit<NewEndpoint, Added> {
    let line = this.#lines.get(workspaceId);
    if (!line) {
      line = new GroupCommit({ maxRows, commit: (rows) => this.#commit(companyId, workspaceId, rows) });
      this.#lines.set(workspaceId, line);
    }
    return line;
  }

  #commit(companyId: Uuid, workspaceId: Uuid, rows: NewEndpoint[]): Promise<Added[]> {
    const { Workspace, WebhookEndpoint } = this.#models;
    return runTransaction(this.#sequelize, async (transaction) => {
      const terms = await lockTerms(this.#models, transaction, companyId);
      await Workspace.findByPk(workspaceId, {
        attributes: ["id"],
        raw: true,
        transaction,
        lock: transaction.LOCK.NO_KEY_UPDATE,
      });
      const managed = await this.#managedBy(companyId, rows, transaction);
      const count = await WebhookEndpoint.count({ where: { workspaceId, deletedAt: null }, transaction });
      const adding: NewEndpoint[] = [];
      const outcomes = rows.map((row): Added => {
        try {
          row.terms.check(terms);
        } catch (refused) {
          return { refused };
        }
        const { id, managedBy } = row.endpoint;
        const theirs = managedBy && managed.get(managedBy.uid);
        if (theirs) return theirs;
        if (count + adding.length >= row.terms.limit) return false;
        adding.push(row);
        // For another one of this group that asks for the same.
        if (managedBy) managed.set(managedBy.uid, id);
        return true;
      });
      if (adding.length > 0) await this.#insert(workspaceId, adding, transaction);
      return outcomes;
    });
  }

  /** Which endpoint each resource manages that is to manage one of these. */
  async #managedBy(companyId: Uuid, rows: NewEndpoint[], transaction: Transaction): Promise<Map<string, Uuid>> {
    const uids = rows.flatMap(({ endpoint }) => endpoint.managedBy?.uid ?? []);
    if (uids.length === 0) return new Map();
    const found = await this.#models.WebhookEndpoint.findAll({
      attributes: ["id", "managerUid"],
      where: { managerUid: { [Op.in]: uids }, deletedAt: null },
      include: [{ association: "workspace", attributes: [], where: { companyId } }],
      raw: true,
      transaction,
    });
    return new Map(found.map(({ id, managerUid }) => [managerUid ?? "", id]));
  }

  async #insert(workspaceId: Uuid, rows: NewEndpoint[], transaction: Transaction): Promise<void> {
    const { WebhookEndpoint, WebhookEndpointSecret } = this.#models;
    const options = { transaction, returning: false };
    const endpoints = rows.map(({ endpoint, headers }) => {
      const { etag: version, statistics: _none, keys: _keys, managedBy, ...columns } = endpoint;
      return { ...columns, ...managerColumns(managedBy), ...headers, version };
    });
    await WebhookEndpoint.bulkCreate(endpoints, options);
    const secrets = rows.flatMap(({ endpoint, sealed }) =>
      endpoint.keys.map(({ expiresAt: notAfter, ...shown }) => ({
        ...shown,
        notAfter,
        endpointId: endpoint.id,
        version: 1,
        sealed,
      })),
    );
    await WebhookEndpointSecret.bulkCreate(secrets, options);
    await announceChanges(
      this.#models,
      transaction,
      workspaceId,
      rows.map(({ endpoint }) => endpoint.id),
    );
    await writeAudits(
      this.#models,
      transaction,
      rows.map(({ terms }) => terms.entry),
    );
  }
}
