import { QueryTypes, type Sequelize } from "sequelize";
import type { EnvelopeBox } from "../../secrets/envelope-box.ts";
import type { SealedItem } from "../../secrets/rekey.ts";
import type { Database } from "../database.ts";
import { run } from "../models/run.ts";
import { EndpointSecrets } from "./endpoint-secrets.ts";
import { headersPlace } from "./secret-place.ts";

interface SealedRow {
  /** Of the row in its table. */
  id: string;
  endpoint_id: string;
  workspace_id: string;
  version: number;
  sealed: Buffer;
}

const pageSize = 500;

/** Those that sign, ended ones left out: they are deleted within the hour. */
const secretsPage = `SELECT s.id, s.endpoint_id, e.workspace_id, s.version, s.sealed
  FROM webhook_endpoint_secrets s JOIN webhook_endpoints e ON e.id = s.endpoint_id
  WHERE s.id > $1 AND (s.not_after IS NULL OR s.not_after > now()) ORDER BY s.id LIMIT ${pageSize}`;
const headersPage = `SELECT id, id AS endpoint_id, workspace_id, headers_version AS version, headers AS sealed
  FROM webhook_endpoints WHERE id > $1 AND headers IS NOT NULL ORDER BY id LIMIT ${pageSize}`;

const replaceSecret = "UPDATE webhook_endpoint_secrets SET sealed = $3 WHERE id = $1 AND sealed = $2 RETURNING id";
const replaceHeaders = "UPDATE webhook_endpoints SET headers = $3 WHERE id = $1 AND headers = $2 RETURNING id";

const firstId = "00000000-0000-0000-0000-000000000000";

/** Every secret that endpoints keep, in pages, each page as it stands when it is asked for. */
export async function* sealedItems({ sequelize }: Pick<Database, "sequelize">, box: EnvelopeBox) {
  const secrets = new EndpointSecrets(box);
  const owner = (row: SealedRow) => ({ id: row.endpoint_id, workspaceId: row.workspace_id });
  const item = (row: SealedRow, statement: string, rewrapped: () => Promise<Buffer>): SealedItem => ({
    keyId: box.keyIdOf(row.sealed),
    rewrapped,
    async replace(sealed) {
      const bind = [row.id, row.sealed, sealed];
      return (await run(() => sequelize.query(statement, { bind, type: QueryTypes.SELECT }))).length > 0;
    },
  });
  for await (const rows of pagesOf(sequelize, secretsPage)) {
    yield rows.map((row) => item(row, replaceSecret, () => secrets.rewrapped(box, owner(row), row)));
  }
  for await (const rows of pagesOf(sequelize, headersPage)) {
    yield rows.map((row) => {
      const place = headersPlace(owner(row), row.version);
      return item(row, replaceHeaders, () => box.rewrap(row.sealed, place));
    });
  }
}

async function* pagesOf(sequelize: Sequelize, text: string): AsyncIterable<SealedRow[]> {
  for (let after = firstId; ; ) {
    const bind = [after];
    const rows = await run(() => sequelize.query<SealedRow>(text, { bind, type: QueryTypes.SELECT }));
    if (rows.length > 0) yield rows;
    if (rows.length < pageSize) return;
    after = rows.at(-1)?.id ?? after;
  }
}
