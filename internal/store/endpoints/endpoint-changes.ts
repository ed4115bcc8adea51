import type { Sequelize, Transaction } from "sequelize";
import type { AuditChange } from "../../domain/audit.ts";
import type { Endpoint } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { CompanyTerms, Decide, DecideRotation } from "../../endpoints/ports.ts";
import type { LiveKey, Rotation } from "../../endpoints/rotate.ts";
import { UnopenedSecret } from "../../secrets/box.ts";
import { writeAudit } from "../audit/write.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run, runTransaction } from "../models/run.ts";
import { lockTerms } from "../tenancy/terms.ts";
import type { EndpointSecrets } from "./endpoint-secrets.ts";
import { type FoundEndpoint, findEndpoint } from "./find-endpoint.ts";
import { liveSecrets } from "./live-secrets.ts";
import { toEndpoint } from "./rows.ts";
import { writeChange } from "./write.ts";

/** Writes what was decided, in the transaction that has the endpoint locked. */
type Write = (transaction: Transaction, locked: FoundEndpoint) => Promise<void>;

/** How often a change is decided without a lock before it is decided under one. */
const freeTries = 3;

/**
 * Changes of endpoints that are there. A change is decided, and what it needs of a key service is asked, before the row
 * is locked: nobody waits for a key service on somebody's lock. When the endpoint or the company's terms are others by
 * then, it is decided again.
 */
export class EndpointChanges {
  readonly #sequelize: Sequelize;
  readonly #models: Models;
  readonly #secrets: EndpointSecrets;

  constructor(sequelize: Sequelize, secrets: EndpointSecrets) {
    this.#sequelize = sequelize;
    this.#models = modelsOf(sequelize);
    this.#secrets = secrets;
  }

  change(companyId: Uuid, id: Uuid, decide: Decide, audit: AuditChange<Endpoint>): Promise<Endpoint | undefined> {
    return this.#write(companyId, id, audit, async ({ row, terms, live }) => {
      const change = decide(toEndpoint(row, live), terms);
      if (!change) return undefined;
      const { headers, ...columns } = change;
      const sealed = headers && (await this.#secrets.changedHeaders(row, headers));
      return (transaction, locked) => writeChange(this.#models, transaction, locked.row, { ...columns, ...sealed });
    });
  }

  rotate(
    companyId: Uuid,
    id: Uuid,
    decide: DecideRotation,
    audit: AuditChange<Endpoint>,
  ): Promise<Endpoint | undefined> {
    return this.#write(companyId, id, audit, async (found) => {
      const { row, terms, live } = found;
      const rotation = decide(toEndpoint(row, live), terms, await this.#opened(found));
      if (!rotation) return undefined;
      // The current one has the highest number.
      const version = (live[0]?.row.version ?? 0) + 1;
      const sealed = rotation.add && (await this.#secrets.seal(row, version, rotation.add.secret));
      return (transaction, locked) => this.#writeRotation(transaction, locked, rotation, sealed && { version, sealed });
    });
  }

  async #write(
    companyId: Uuid,
    id: Uuid,
    audit: AuditChange<Endpoint>,
    prepare: (found: FoundEndpoint) => Promise<Write | undefined>,
  ): Promise<Endpoint | undefined> {
    for (let tries = 1; ; tries++) {
      const found = await run(() => findEndpoint(this.#models, companyId, id));
      if (!found) return undefined;
      let write = await prepare(found);
      const done = await runTransaction(this.#sequelize, async (transaction) => {
        const terms = await lockTerms(this.#models, transaction, companyId);
        const locked = await findEndpoint(this.#models, companyId, id, transaction);
        if (!locked) return {};
        const moved = locked.row.version !== found.row.version || !sameTerms(terms, found.terms);
        if (moved && tries <= freeTries) return undefined;
        if (moved) write = await prepare({ ...locked, terms });
        const before = toEndpoint(locked.row, locked.live);
        await write?.(transaction, locked);
        const live = await liveSecrets(this.#models, [id], transaction);
        const after = toEndpoint(locked.row, live.get(id));
        await writeAudit(this.#models, transaction, audit(before, after));
        return { after };
      });
      if (done) return done.after;
    }
  }

  async #writeRotation(
    transaction: Transaction,
    { row }: FoundEndpoint,
    { add, ends }: Rotation,
    made: { version: number; sealed: Buffer } | undefined,
  ): Promise<void> {
    for (const [secretId, leftMs] of ends) {
      await this.#sequelize.query(
        `UPDATE webhook_endpoint_secrets SET not_after = clock_timestamp() + $2 * interval '1 millisecond' WHERE id = $1`,
        { bind: [secretId, leftMs], transaction },
      );
    }
    if (add && made) {
      const { expiresAt: notAfter, ...shown } = add.key;
      await this.#models.WebhookEndpointSecret.create(
        { ...shown, notAfter, endpointId: row.id, ...made },
        { transaction },
      );
    }
    await writeChange(this.#models, transaction, row, {});
  }

  /** A secret that cannot be opened can still be replaced; a key service that is away cannot be passed over. */
  #opened({ row, live }: FoundEndpoint): Promise<LiveKey[]> {
    const opened = live.map(async ({ row: secret, leftMs }): Promise<LiveKey> => {
      const open = this.#secrets.open(row, secret).catch((error: unknown) => {
        if (error instanceof UnopenedSecret) return undefined;
        throw error;
      });
      return { id: secret.id, secret: await open, leftMs };
    });
    return Promise.all(opened);
  }
}

function sameTerms(a: CompanyTerms, b: CompanyTerms): boolean {
  return a.planTier === b.planTier && a.allowance.key === b.allowance.key;
}
