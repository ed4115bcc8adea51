import type { Sequelize } from "sequelize";
import type { DeliveryEndpoint, EndpointReader } from "../../delivery/ports.ts";
import { DomainError } from "../../domain/errors.ts";
import type { Uuid } from "../../domain/ids.ts";
import { type SecretBox, UnopenedSecret } from "../../secrets/box.ts";
import { isKeyServiceUnavailable } from "../../secrets/key-provider.ts";
import { signingKey } from "../../signing/signing-key.ts";
import type { Database } from "../database.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run, runTransaction } from "../models/run.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import { toTerms } from "../tenancy/terms.ts";
import { EndpointSecrets } from "./endpoint-secrets.ts";
import { type LiveSecret, liveSecrets } from "./live-secrets.ts";
import { signingPlace } from "./secret-place.ts";
import { writeChange } from "./write.ts";

/** Endpoints as an attempt needs them, with their keys opened. */
export class PostgresEndpointReader implements EndpointReader {
  readonly #sequelize: Sequelize;
  readonly #models: Models;
  readonly #secrets: EndpointSecrets;

  constructor({ sequelize }: Pick<Database, "sequelize">, secrets: SecretBox) {
    this.#sequelize = sequelize;
    this.#models = modelsOf(sequelize);
    this.#secrets = new EndpointSecrets(secrets);
  }

  /**
   * @throws DomainError INTERNAL, reason SECRET_UNREADABLE, when its secret cannot be opened, or not now: nothing leaves
   * unsigned, and nobody waits here for a key service.
   */
  async readForDelivery(id: Uuid): Promise<DeliveryEndpoint | undefined> {
    const readAt = Date.now();
    const found = await run(async () => {
      const row = await this.#models.WebhookEndpoint.findOne({
        where: { id, deletedAt: null },
        include: { association: "workspace", include: ["company"] },
      });
      const company = row?.workspace?.company;
      return company && { row, company, live: await this.#live(id) };
    });
    if (!found) return undefined;
    const { row, company, live } = found;
    const { url, status, maxInFlight } = row;
    const { allowance } = toTerms(company);
    const { secrets, headers } = await this.#open(found);
    // What is left is what Postgres says, so that every process stops at the same time whatever its clock shows.
    const validUntil = readAt + Math.min(...live.map(({ leftMs }) => leftMs ?? Number.POSITIVE_INFINITY));
    const keys = secrets.map(signingKey);
    return { id, companyId: company.id, url, status, maxInFlight, allowance, keys, headers, validUntil };
  }

  async disableGone(id: Uuid): Promise<void> {
    await runTransaction(this.#sequelize, async (transaction) => {
      const lock = transaction.LOCK.NO_KEY_UPDATE;
      const where = { id, deletedAt: null, status: ["ACTIVE" as const, "SUSPENDED" as const] };
      const row = await this.#models.WebhookEndpoint.findOne({ where, transaction, lock });
      if (row) await writeChange(this.#models, transaction, row, { status: "DISABLED", disabledReason: "GONE" });
    });
  }

  async #live(id: Uuid): Promise<LiveSecret[]> {
    return (await liveSecrets(this.#models, [id])).get(id) ?? [];
  }

  async #open({ row, live }: { row: WebhookEndpointRow; live: LiveSecret[] }) {
    try {
      if (live.length === 0) throw new UnopenedSecret(signingPlace(row, 1), "there is none: rotate it");
      const secrets = await Promise.all(live.map((secret) => this.#secrets.open(row, secret.row)));
      return { secrets, headers: await this.#secrets.openHeaders(row) };
    } catch (error) {
      if (!(error instanceof UnopenedSecret || isKeyServiceUnavailable(error))) throw error;
      throw new DomainError("INTERNAL", "SECRET_UNREADABLE", error.message, { cause: error });
    }
  }
}
