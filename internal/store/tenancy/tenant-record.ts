import type { Sequelize, Transaction } from "sequelize";
import type { AuditChange, AuditEntry } from "../../domain/audit.ts";
import type { ApiKey, Company, Project, Workspace } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { Slice } from "../../domain/paging.ts";
import type { PlanTier } from "../../domain/states.ts";
import type { DeliveryNetworks } from "../../network/allowance.ts";
import type { AuditPlanChange, TenantRecord } from "../../tenancy/ports.ts";
import { writeAudit } from "../audit/write.ts";
import { announce } from "../changes/announce.ts";
import type { Database } from "../database.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run, runTransaction } from "../models/run.ts";
import { sliced } from "../models/slice.ts";
import { changePlan } from "./change-plan.ts";
import { toApiKey, toCompany, toProject, toWorkspace } from "./rows.ts";

/** Companies, workspaces, projects and keys, as Postgres keeps them. */
export class PostgresTenantRecord implements TenantRecord {
  readonly #sequelize: Sequelize;
  readonly #models: Models;

  constructor({ sequelize }: Pick<Database, "sequelize">) {
    this.#sequelize = sequelize;
    this.#models = modelsOf(sequelize);
  }

  addCompany(company: Company, entry: AuditEntry): Promise<void> {
    return this.#add(entry, (transaction) => this.#models.Company.create({ ...company }, { transaction }));
  }

  async readCompany(id: Uuid): Promise<Company | undefined> {
    const row = await run(() => this.#models.Company.findByPk(id));
    return row ? toCompany(row) : undefined;
  }

  async listCompanies(slice: Slice): Promise<Company[]> {
    return (await run(() => this.#models.Company.findAll(sliced(slice)))).map(toCompany);
  }

  setPlanTier(id: Uuid, planTier: PlanTier, audit: AuditPlanChange): Promise<Company | undefined> {
    return changePlan(this.#sequelize, this.#models, id, planTier, audit);
  }

  setDeliveryNetworks(
    id: Uuid,
    deliveryNetworks: DeliveryNetworks,
    audit: AuditChange<Company>,
  ): Promise<Company | undefined> {
    return this.#changeCompany(id, { deliveryNetworks }, audit);
  }

  setIpAllowlist(id: Uuid, ipAllowlist: string[], audit: AuditChange<Company>): Promise<Company | undefined> {
    return this.#changeCompany(id, { ipAllowlist }, audit);
  }

  addWorkspace(workspace: Workspace, entry: AuditEntry): Promise<void> {
    return this.#add(entry, (transaction) => this.#models.Workspace.create({ ...workspace }, { transaction }));
  }

  async readWorkspace(id: Uuid): Promise<Workspace | undefined> {
    const row = await run(() => this.#models.Workspace.findByPk(id));
    return row ? toWorkspace(row) : undefined;
  }

  async listWorkspaces(companyId: Uuid, slice: Slice): Promise<Workspace[]> {
    return (await run(() => this.#models.Workspace.findAll(sliced(slice, { companyId })))).map(toWorkspace);
  }

  addProject(project: Project, entry: AuditEntry): Promise<void> {
    return this.#add(entry, (transaction) => this.#models.Project.create({ ...project }, { transaction }));
  }

  async listProjects(workspaceId: Uuid, slice: Slice): Promise<Project[]> {
    return (await run(() => this.#models.Project.findAll(sliced(slice, { workspaceId })))).map(toProject);
  }

  addApiKey(apiKey: ApiKey, hash: Buffer, entry: AuditEntry): Promise<void> {
    return this.#add(entry, (transaction) => this.#models.ApiKey.create({ ...apiKey, hash }, { transaction }));
  }

  async listApiKeys(companyId: Uuid, slice: Slice): Promise<ApiKey[]> {
    return (await run(() => this.#models.ApiKey.findAll(sliced(slice, { companyId })))).map(toApiKey);
  }

  revokeApiKey(id: Uuid, at: Date, audit: AuditChange<ApiKey>): Promise<ApiKey | undefined> {
    return runTransaction(this.#sequelize, async (transaction) => {
      const row = await this.#models.ApiKey.findByPk(id, { transaction, lock: transaction.LOCK.UPDATE });
      if (!row) return undefined;
      const before = toApiKey(row);
      if (row.revokedAt === null) {
        await row.update({ revokedAt: at }, { transaction });
        await announce(this.#sequelize, transaction, [["apikey", id]]);
      }
      const after = toApiKey(row);
      await writeAudit(this.#models, transaction, audit(before, after));
      return after;
    });
  }

  #changeCompany(
    id: Uuid,
    change: Partial<Pick<Company, "deliveryNetworks" | "ipAllowlist">>,
    audit: AuditChange<Company>,
  ): Promise<Company | undefined> {
    return runTransaction(this.#sequelize, async (transaction) => {
      const row = await this.#models.Company.findByPk(id, { transaction, lock: transaction.LOCK.NO_KEY_UPDATE });
      if (!row) return undefined;
      const before = toCompany(row);
      await row.update(change, { transaction });
      const after = toCompany(row);
      await announce(this.#sequelize, transaction, [["company", id]]);
      await writeAudit(this.#models, transaction, audit(before, after));
      return after;
    });
  }

  #add(entry: AuditEntry, create: (transaction: Transaction) => Promise<unknown>): Promise<void> {
    return runTransaction(this.#sequelize, async (transaction) => {
      await create(transaction);
      await writeAudit(this.#models, transaction, entry);
    });
  }
}
