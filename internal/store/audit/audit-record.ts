import type { Sequelize } from "sequelize";
import type { AuditFilter, AuditRecord, RefusalRecord } from "../../audit/ports.ts";
import type { AuditEntry, AuditedResource } from "../../domain/audit.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { Scan, ScanRange } from "../../domain/paging.ts";
import type { Database } from "../database.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run } from "../models/run.ts";
import { addOnce } from "./add-once.ts";
import { companyOf } from "./company-of.ts";
import { toRow } from "./rows.ts";
import { scanEntries } from "./scan-entries.ts";

/** The audit log, as Postgres keeps it. */
export class PostgresAuditRecord implements AuditRecord, RefusalRecord {
  readonly #sequelize: Sequelize;
  readonly #prepared: Database["prepared"];
  readonly #models: Models;

  constructor({ sequelize, prepared }: Pick<Database, "sequelize" | "prepared">) {
    this.#sequelize = sequelize;
    this.#prepared = prepared;
    this.#models = modelsOf(sequelize);
  }

  async hasCompany(id: Uuid): Promise<boolean> {
    return (await run(() => this.#models.Company.count({ where: { id } }))) > 0;
  }

  scan(filter: AuditFilter, range: ScanRange): Promise<Scan<AuditEntry>> {
    return scanEntries(this.#prepared, filter, range);
  }

  companyOf(resource: AuditedResource): Promise<Uuid | undefined> {
    return companyOf(this.#models, resource);
  }

  async add(entry: AuditEntry): Promise<void> {
    await run(() => this.#models.AuditEntry.create(toRow(entry), { returning: false }));
  }

  addOnce(entry: AuditEntry, withinMs: number): Promise<void> {
    return addOnce(this.#sequelize, this.#models, entry, withinMs);
  }
}
