import type { AuditFilter, AuditRecord } from "../../audit/ports.ts";
import type { AuditEntry } from "../../domain/audit.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { Scan, ScanRange } from "../../domain/paging.ts";
import type { Database } from "../database.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run } from "../models/run.ts";
import { scanEntries } from "./scan-entries.ts";

/** The audit log, as Postgres keeps it. */
export class PostgresAuditRecord implements AuditRecord {
  readonly #prepared: Database["prepared"];
  readonly #models: Models;

  constructor({ sequelize, prepared }: Pick<Database, "sequelize" | "prepared">) {
    this.#prepared = prepared;
    this.#models = modelsOf(sequelize);
  }

  async hasCompany(id: Uuid): Promise<boolean> {
    return (await run(() => this.#models.Company.count({ where: { id } }))) > 0;
  }

  scan(filter: AuditFilter, range: ScanRange): Promise<Scan<AuditEntry>> {
    return scanEntries(this.#prepared, filter, range);
  }
}
