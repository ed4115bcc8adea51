import type { Sequelize } from "sequelize";
import type { AuditChange, AuditEntry } from "../../domain/audit.ts";
import type { Endpoint } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { Slice } from "../../domain/paging.ts";
import type { AddTerms, Decide, DecideRotation, EndpointRecord, Hidden, OwnWorkspace } from "../../endpoints/ports.ts";
import type { SecretBox } from "../../secrets/box.ts";
import { writeAudit } from "../audit/write.ts";
import type { Database } from "../database.ts";
import { type Models, modelsOf } from "../models/models.ts";
import { run, runTransaction } from "../models/run.ts";
import { sliced } from "../models/slice.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import { endDeliveriesOf } from "../sweep/end-deleted.ts";
import { EndpointAdds } from "./endpoint-adds.ts";
import { EndpointChanges } from "./endpoint-changes.ts";
import { EndpointSecrets } from "./endpoint-secrets.ts";
import { findEndpoint } from "./find-endpoint.ts";
import { liveSecrets } from "./live-secrets.ts";
import { readOwnWorkspace } from "./own-workspace.ts";
import { toEndpoint } from "./rows.ts";
import { ShownEndpoint } from "./shown-endpoint.ts";
import { writeChange } from "./write.ts";

/** Endpoints, as Postgres keeps them. */
export class PostgresEndpointRecord implements EndpointRecord {
  readonly #sequelize: Sequelize;
  readonly #prepared: Database["prepared"];
  readonly #models: Models;
  readonly #secrets: EndpointSecrets;
  readonly #one: ShownEndpoint;
  readonly #adds: EndpointAdds;
  readonly #changes: EndpointChanges;

  constructor(database: Pick<Database, "sequelize" | "prepared">, secrets: SecretBox) {
    const { sequelize, prepared } = database;
    this.#sequelize = sequelize;
    this.#prepared = prepared;
    this.#models = modelsOf(sequelize);
    this.#secrets = new EndpointSecrets(secrets);
    this.#one = new ShownEndpoint(prepared, this.#models);
    this.#adds = new EndpointAdds(database);
    this.#changes = new EndpointChanges(sequelize, this.#secrets);
  }

  readWorkspace(companyId: Uuid, workspaceId: Uuid): Promise<OwnWorkspace | undefined> {
    return readOwnWorkspace(this.#prepared, companyId, workspaceId);
  }

  async hasProject(workspaceId: Uuid, projectId: Uuid): Promise<boolean> {
    return (await run(() => this.#models.Project.count({ where: { id: projectId, workspaceId } }))) > 0;
  }

  async add(
    companyId: Uuid,
    endpoint: Endpoint,
    { secret, headers }: Hidden,
    terms: AddTerms,
  ): Promise<boolean | Uuid> {
    const [sealed, sealedHeaders] = [
      await this.#secrets.seal(endpoint, 1, secret),
      await this.#secrets.newHeaders(endpoint, headers),
    ];
    return this.#adds.add(companyId, { endpoint, sealed, headers: sealedHeaders, terms });
  }

  read(companyId: Uuid, id: Uuid): Promise<Endpoint | undefined> {
    return this.#one.read(companyId, { id });
  }

  readManaged(companyId: Uuid, managerUid: string): Promise<Endpoint | undefined> {
    return this.#one.read(companyId, { managerUid });
  }

  list(workspaceId: Uuid, projectId: Uuid | undefined, slice: Slice): Promise<Endpoint[]> {
    const where = { workspaceId, deletedAt: null, ...(projectId !== undefined && { projectId }) };
    return run(async () =>
      this.#shown(await this.#models.WebhookEndpoint.findAll({ ...sliced(slice, where), include: "statistics" })),
    );
  }

  change(companyId: Uuid, id: Uuid, decide: Decide, audit: AuditChange<Endpoint>): Promise<Endpoint | undefined> {
    return this.#changes.change(companyId, id, decide, audit);
  }

  rotate(
    companyId: Uuid,
    id: Uuid,
    decide: DecideRotation,
    audit: AuditChange<Endpoint>,
  ): Promise<Endpoint | undefined> {
    return this.#changes.rotate(companyId, id, decide, audit);
  }

  delete(companyId: Uuid, id: Uuid, audit: (deleted: Endpoint) => AuditEntry): Promise<boolean> {
    return runTransaction(this.#sequelize, async (transaction) => {
      const found = await findEndpoint(this.#models, companyId, id, transaction);
      if (!found) return false;
      await writeAudit(this.#models, transaction, audit(toEndpoint(found.row, found.live)));
      await this.#models.WebhookEndpointSecret.destroy({ where: { endpointId: id }, transaction });
      await writeChange(this.#models, transaction, found.row, { deletedAt: new Date(), headers: null });
      return true;
    });
  }

  endDeliveries(id: Uuid, limit: number): Promise<number> {
    return endDeliveriesOf(this.#prepared, id, limit);
  }

  async #shown(rows: WebhookEndpointRow[]): Promise<Endpoint[]> {
    const ids = rows.map(({ id }) => id);
    const live = await liveSecrets(this.#models, ids);
    return rows.map((row) => toEndpoint(row, live.get(row.id)));
  }
}
