import type { Sequelize } from "sequelize";
import type { DeliveryEndpoint, EndpointReader } from "../../delivery/ports.ts";
import { DomainError } from "../../domain/errors.ts";
import type { Uuid } from "../../domain/ids.ts";
import { noAllowance } from "../../network/allowance.ts";
import { type SecretBox, UnopenedSecret } from "../../secrets/box.ts";
import { isKeyServiceUnavailable } from "../../secrets/key-provider.ts";
import { keyFromSecret } from "../../signing/secret.ts";
import type { Database } from "../database.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run, runTransaction } from "../models/run.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import { secretPlace } from "./secret-place.ts";
import { writeChange } from "./write.ts";

/** Endpoints as an attempt needs them, with their keys opened. */
export class PostgresEndpointReader implements EndpointReader {
  readonly #sequelize: Sequelize;
  readonly #models: Models;
  readonly #secrets: SecretBox;

  constructor({ sequelize }: Pick<Database, "sequelize">, secrets: SecretBox) {
    this.#sequelize = sequelize;
    this.#models = modelsOf(sequelize);
    this.#secrets = secrets;
  }

  /**
   * @throws DomainError INTERNAL, reason SECRET_UNREADABLE, when its secret cannot be opened, or not now: nothing leaves
   * unsigned, and nobody waits here for a key service.
   */
  async readForDelivery(id: Uuid): Promise<DeliveryEndpoint | undefined> {
    const row = await run(() =>
      this.#models.WebhookEndpoint.findOne({ where: { id, deletedAt: null }, include: "workspace" }),
    );
    if (!row?.secret || !row.workspace) return undefined;
    const { companyId } = row.workspace;
    const { url, status, maxInFlight } = row;
    const secret = await this.#open(row.secret, row);
    return { id, companyId, url, status, maxInFlight, allowance: noAllowance, keys: [keyFromSecret(secret)] };
  }

  async disableGone(id: Uuid): Promise<void> {
    await runTransaction(this.#sequelize, async (transaction) => {
      const lock = transaction.LOCK.NO_KEY_UPDATE;
      const where = { id, deletedAt: null, status: ["ACTIVE" as const, "SUSPENDED" as const] };
      const row = await this.#models.WebhookEndpoint.findOne({ where, transaction, lock });
      if (row) await writeChange(this.#models, transaction, row, { status: "DISABLED", disabledReason: "GONE" });
    });
  }

  async #open(sealed: Buffer, row: WebhookEndpointRow): Promise<string> {
    try {
      return (await this.#secrets.open(sealed, secretPlace(row))).toString();
    } catch (error) {
      if (!(error instanceof UnopenedSecret || isKeyServiceUnavailable(error))) throw error;
      throw new DomainError("INTERNAL", "SECRET_UNREADABLE", error.message, { cause: error });
    }
  }
}
