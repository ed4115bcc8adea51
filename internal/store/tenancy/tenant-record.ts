import type { Sequelize } from "sequelize";
import type { ApiKey, Company, Project, Workspace } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { Slice } from "../../domain/paging.ts";
import type { PlanTier } from "../../domain/states.ts";
import type { TenantRecord } from "../../tenancy/ports.ts";
import { announce } from "../changes/announce.ts";
import type { Database } from "../database.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run, runTransaction } from "../models/run.ts";
import { sliced } from "../models/slice.ts";
import { toApiKey, toCompany, toProject, toWorkspace } from "./rows.ts";

/** Companies, workspaces, projects and keys, as Postgres keeps them. */
export class PostgresTenantRecord implements TenantRecord {
  readonly #sequelize: Sequelize;
  readonly #models: Models;

  constructor({ sequelize }: Pick<Database, "sequelize">) {
    this.#sequelize = sequelize;
    this.#models = modelsOf(sequelize);
  }

  async addCompany(company: Company): Promise<void> {
    await run(() => this.#models.Company.create({ ...company }));
  }

  async readCompany(id: Uuid): Promise<Company | undefined> {
    const row = await run(() => this.#models.Company.findByPk(id));
    return row ? toCompany(row) : undefined;
  }

  async listCompanies(slice: Slice): Promise<Company[]> {
    return (await run(() => this.#models.Company.findAll(sliced(slice)))).map(toCompany);
  }

  async setPlanTier(id: Uuid, planTier: PlanTier): Promise<Company | undefined> {
    const [, rows] = await run(() => this.#models.Company.update({ planTier }, { where: { id }, returning: true }));
    return rows[0] && toCompany(rows[0]);
  }

  async addWorkspace(workspace: Workspace): Promise<void> {
    await run(() => this.#models.Workspace.create({ ...workspace }));
  }

  async readWorkspace(id: Uuid): Promise<Workspace | undefined> {
    const row = await run(() => this.#models.Workspace.findByPk(id));
    return row ? toWorkspace(row) : undefined;
  }

  async listWorkspaces(companyId: Uuid, slice: Slice): Promise<Workspace[]> {
    return (await run(() => this.#models.Workspace.findAll(sliced(slice, { companyId })))).map(toWorkspace);
  }

  async addProject(project: Project): Promise<void> {
    await run(() => this.#models.Project.create({ ...project }));
  }

  async listProjects(workspaceId: Uuid, slice: Slice): Promise<Project[]> {
    return (await run(() => this.#models.Project.findAll(sliced(slice, { workspaceId })))).map(toProject);
  }

  async addApiKey(apiKey: ApiKey, hash: Buffer): Promise<void> {
    await run(() => this.#models.ApiKey.create({ ...apiKey, hash }));
  }

  async listApiKeys(companyId: Uuid, slice: Slice): Promise<ApiKey[]> {
    return (await run(() => this.#models.ApiKey.findAll(sliced(slice, { companyId })))).map(toApiKey);
  }

  revokeApiKey(id: Uuid, at: Date): Promise<ApiKey | undefined> {
    return runTransaction(this.#sequelize, async (transaction) => {
      const row = await this.#models.ApiKey.findByPk(id, { transaction, lock: transaction.LOCK.UPDATE });
      if (!row) return undefined;
      if (row.revokedAt === null) {
        await row.update({ revokedAt: at }, { transaction });
        await announce(this.#sequelize, transaction, [["apikey", id]]);
      }
      return toApiKey(row);
    });
  }
}
