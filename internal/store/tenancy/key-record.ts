import { Op } from "sequelize";
import type { Uuid } from "../../domain/ids.ts";
import type { KeyRecord, KnownKey } from "../../tenancy/ports.ts";
import type { Database } from "../database.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run } from "../models/run.ts";
import { toApiKey } from "./rows.ts";

/** Every process that sees a key in use comes to write it down; in this time, ms, one of them does. */
const touchPauseMs = 30_000;

/** Keys as every call needs them. */
export class PostgresKeyRecord implements KeyRecord {
  readonly #models: Models;

  constructor({ sequelize }: Pick<Database, "sequelize">) {
    this.#models = modelsOf(sequelize);
  }

  async findByHash(hash: Buffer): Promise<KnownKey | undefined> {
    const row = await run(() => this.#models.ApiKey.findOne({ where: { hash }, include: "company" }));
    return row?.company && { apiKey: toApiKey(row), ipAllowlist: row.company.ipAllowlist };
  }

  async touch(id: Uuid, usedAt: Date): Promise<void> {
    const before = new Date(usedAt.getTime() - touchPauseMs);
    const longAgo = { [Op.or]: [{ lastUsedAt: null }, { lastUsedAt: { [Op.lt]: before } }] };
    await run(() => this.#models.ApiKey.update({ lastUsedAt: usedAt }, { where: { id, ...longAgo } }));
  }
}
