import type { Sequelize } from "sequelize";
import type { Attempt, Delivery } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { Scan } from "../../domain/paging.ts";
import type {
  DeliveryRange,
  HistoryRecord,
  OwnDelivery,
  OwnEndpoint,
  RetryOutcome,
  RetryTerms,
} from "../../history/ports.ts";
import type { Database } from "../database.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run } from "../models/run.ts";
import { retryDelivery } from "./retry.ts";
import { toAttempt, toDelivery } from "./rows.ts";
import { scanDeliveries } from "./scan-deliveries.ts";

/** What happened to deliveries, as Postgres keeps it. */
export class PostgresHistoryRecord implements HistoryRecord {
  readonly #sequelize: Sequelize;
  readonly #prepared: Database["prepared"];
  readonly #models: Models;

  constructor({ sequelize, prepared }: Pick<Database, "sequelize" | "prepared">) {
    this.#sequelize = sequelize;
    this.#prepared = prepared;
    this.#models = modelsOf(sequelize);
  }

  async readEndpoint(companyId: Uuid, id: Uuid): Promise<OwnEndpoint | undefined> {
    const row = await run(() =>
      this.#models.WebhookEndpoint.findOne({
        attributes: ["id", "status"],
        where: { id },
        include: [{ association: "workspace", where: { companyId }, attributes: [] }],
      }),
    );
    return row ? { id: row.id, status: row.status } : undefined;
  }

  scanDeliveries(range: DeliveryRange): Promise<Scan<Delivery>> {
    return scanDeliveries(this.#prepared, range);
  }

  readAttempts(deliveryIds: Uuid[]): Promise<Attempt[]> {
    return this.#attempts(deliveryIds, ["responseBody"]);
  }

  async readDelivery(companyId: Uuid, id: Uuid): Promise<OwnDelivery | undefined> {
    const row = await run(() =>
      this.#models.WebhookJob.findOne({
        where: { id },
        include: [
          { association: "workspace", where: { companyId }, attributes: [] },
          { association: "endpoint", attributes: ["status"] },
        ],
      }),
    );
    if (!row) return undefined;
    const delivery = { ...toDelivery(row), attempts: await this.#attempts([id], []) };
    return { delivery, endpointStatus: row.endpoint?.status ?? null };
  }

  retry(companyId: Uuid, id: Uuid, terms: RetryTerms): Promise<RetryOutcome> {
    return retryDelivery(this.#sequelize, this.#models, { companyId, id, ...terms });
  }

  async #attempts(jobId: Uuid[], exclude: string[]): Promise<Attempt[]> {
    const order: [string, string][] = [
      ["startedAt", "ASC"],
      ["id", "ASC"],
    ];
    const rows = await run(() =>
      this.#models.WebhookDeliveryAttempt.findAll({ where: { jobId }, attributes: { exclude }, order }),
    );
    return rows.map(toAttempt);
  }
}
