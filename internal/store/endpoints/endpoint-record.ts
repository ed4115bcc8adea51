import type { Sequelize, Transaction } from "sequelize";
import type { AuditChange, AuditEntry } from "../../domain/audit.ts";
import type { Endpoint } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { Slice } from "../../domain/paging.ts";
import type { AddTerms, Decide, EndpointRecord, OwnWorkspace } from "../../endpoints/ports.ts";
import type { SecretBox } from "../../secrets/box.ts";
import { writeAudit } from "../audit/write.ts";
import type { Database } from "../database.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run, runTransaction } from "../models/run.ts";
import { sliced } from "../models/slice.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import { endDeliveriesOf } from "../sweep/end-deleted.ts";
import { lockPlan } from "../tenancy/plan-lock.ts";
import { managerColumns, toEndpoint } from "./rows.ts";
import { secretPlace } from "./secret-place.ts";
import { announceChange, writeChange } from "./write.ts";

/** Endpoints, as Postgres keeps them. */
export class PostgresEndpointRecord implements EndpointRecord {
  readonly #sequelize: Sequelize;
  readonly #prepared: Database["prepared"];
  readonly #models: Models;
  readonly #secrets: SecretBox;

  constructor({ sequelize, prepared }: Pick<Database, "sequelize" | "prepared">, secrets: SecretBox) {
    this.#sequelize = sequelize;
    this.#prepared = prepared;
    this.#models = modelsOf(sequelize);
    this.#secrets = secrets;
  }

  async readWorkspace(companyId: Uuid, workspaceId: Uuid): Promise<OwnWorkspace | undefined> {
    const row = await run(() =>
      this.#models.Workspace.findOne({ where: { id: workspaceId, companyId }, include: "company" }),
    );
    return row?.company && { id: row.id, region: row.region, planTier: row.company.planTier };
  }

  async hasProject(workspaceId: Uuid, projectId: Uuid): Promise<boolean> {
    return (await run(() => this.#models.Project.count({ where: { id: projectId, workspaceId } }))) > 0;
  }

  async add(
    companyId: Uuid,
    { etag: version, statistics: _none, managedBy, ...endpoint }: Endpoint,
    secret: string,
    { limit, check, entry }: AddTerms,
  ): Promise<boolean | Uuid> {
    const sealed = await this.#secrets.seal(Buffer.from(secret), secretPlace(endpoint));
    return runTransaction(this.#sequelize, async (transaction) => {
      check(await lockPlan(this.#models, transaction, companyId));
      const { workspaceId } = endpoint;
      // Those who add to the same workspace wait for each other, so that none counts past another.
      await this.#models.Workspace.findByPk(workspaceId, { transaction, lock: transaction.LOCK.NO_KEY_UPDATE });
      const theirs = managedBy && (await this.#findManaged(companyId, managedBy.uid, transaction));
      if (theirs) return theirs.id;
      const count = await this.#models.WebhookEndpoint.count({ where: { workspaceId, deletedAt: null }, transaction });
      if (count >= limit) return false;
      await this.#models.WebhookEndpoint.create(
        { ...endpoint, ...managerColumns(managedBy), version, secret: sealed },
        { transaction },
      );
      await announceChange(this.#models, transaction, endpoint);
      await writeAudit(this.#models, transaction, entry);
      return true;
    });
  }

  async read(companyId: Uuid, id: Uuid): Promise<Endpoint | undefined> {
    const row = await run(() => this.#find(companyId, id));
    return row ? toEndpoint(row) : undefined;
  }

  async readManaged(companyId: Uuid, managerUid: string): Promise<Endpoint | undefined> {
    const row = await run(() => this.#findManaged(companyId, managerUid));
    return row && toEndpoint(row);
  }

  async list(workspaceId: Uuid, projectId: Uuid | undefined, slice: Slice): Promise<Endpoint[]> {
    const where = { workspaceId, deletedAt: null, ...(projectId !== undefined && { projectId }) };
    const rows = await run(() =>
      this.#models.WebhookEndpoint.findAll({ ...sliced(slice, where), include: "statistics" }),
    );
    return rows.map(toEndpoint);
  }

  change(companyId: Uuid, id: Uuid, decide: Decide, audit: AuditChange<Endpoint>): Promise<Endpoint | undefined> {
    return runTransaction(this.#sequelize, async (transaction) => {
      const planTier = await lockPlan(this.#models, transaction, companyId);
      const row = await this.#find(companyId, id, transaction);
      if (!row) return undefined;
      const before = toEndpoint(row);
      const change = decide(before, planTier);
      if (change) await writeChange(this.#models, transaction, row, change);
      const after = toEndpoint(row);
      await writeAudit(this.#models, transaction, audit(before, after));
      return after;
    });
  }

  delete(companyId: Uuid, id: Uuid, audit: (deleted: Endpoint) => AuditEntry): Promise<boolean> {
    return runTransaction(this.#sequelize, async (transaction) => {
      const row = await this.#find(companyId, id, transaction);
      if (!row) return false;
      await writeAudit(this.#models, transaction, audit(toEndpoint(row)));
      await writeChange(this.#models, transaction, row, { deletedAt: new Date(), secret: null });
      return true;
    });
  }

  endDeliveries(id: Uuid, limit: number): Promise<number> {
    return endDeliveriesOf(this.#prepared, id, limit);
  }

  async #findManaged(
    companyId: Uuid,
    managerUid: string,
    transaction?: Transaction,
  ): Promise<WebhookEndpointRow | undefined> {
    const row = await this.#models.WebhookEndpoint.findOne({
      where: { managerUid, deletedAt: null },
      include: [{ association: "workspace", where: { companyId } }, { association: "statistics" }],
      ...(transaction && { transaction }),
    });
    return row ?? undefined;
  }

  /** With a transaction: locked for a change. */
  #find(companyId: Uuid, id: Uuid, transaction?: Transaction): Promise<WebhookEndpointRow | null> {
    const { WebhookEndpoint } = this.#models;
    const owner = { association: "workspace", where: { companyId }, attributes: [] };
    return WebhookEndpoint.findOne({
      where: { id, deletedAt: null },
      include: [owner, { association: "statistics" }],
      ...(transaction && { transaction, lock: { level: transaction.LOCK.NO_KEY_UPDATE, of: WebhookEndpoint } }),
    });
  }
}
