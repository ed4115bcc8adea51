import { LRUCache } from "lru-cache";
import { GroupCommit } from "../../batching/group-commit.ts";
import type { Endpoint } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { AddTerms } from "../../endpoints/ports.ts";
import { toRow } from "../audit/rows.ts";
import { changesChannel } from "../changes/announce.ts";
import type { Database } from "../database.ts";
import { modelsOf } from "../models/models.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import { type RunStatement, runStatements, type Statement } from "../statement.ts";
import { lockWorkspace } from "../tenancy/lock-workspace.ts";
import { type AddedRows, type AddOutcome, addStatement, addValues } from "./add-statement.ts";
import { managerColumns } from "./rows.ts";

/** An endpoint on its way into the record, what it keeps sealed already. */
export interface NewEndpoint {
  endpoint: Endpoint;
  /** Its signing secret. */
  sealed: Buffer;
  headers: Pick<WebhookEndpointRow, "headerNames" | "headers" | "headersVersion">;
  terms: AddTerms;
}

/** As EndpointRecord.add answers; `refused` is what the check threw. */
type Added = boolean | Uuid | { refused: unknown };

/** How many endpoints a workspace has at a version of them: nobody has changed that as long as the version stands. */
interface Count {
  version: string;
  count: number;
}

const maxRows = 100;
const rememberedWorkspaces = 10_000;

/**
 * New endpoints. Whoever adds to a workspace has it locked, so that none counts past another; those who come while it
 * is, share the next transaction: a controller that brings ten thousand does not wait for as many commits.
 */
export class EndpointAdds {
  readonly #pool: Database["prepared"];
  readonly #statement: Statement;
  readonly #lines = new LRUCache<Uuid, GroupCommit<NewEndpoint, Added>>({ max: rememberedWorkspaces });

  constructor({ sequelize, prepared }: Pick<Database, "sequelize" | "prepared">) {
    this.#pool = prepared;
    this.#statement = addStatement(modelsOf(sequelize));
  }

  async add(companyId: Uuid, row: NewEndpoint): Promise<boolean | Uuid> {
    const added = await this.#line(companyId, row.endpoint.workspaceId).add(row);
    if (typeof added === "object") throw added.refused;
    return added;
  }

  #line(companyId: Uuid, workspaceId: Uuid): GroupCommit<NewEndpoint, Added> {
    let line = this.#lines.get(workspaceId);
    if (!line) {
      let known: Count | undefined;
      const commit = async (rows: NewEndpoint[]) => {
        const added = await runStatements(this.#pool, (run) => this.#commit(run, companyId, workspaceId, rows, known));
        // Only what is committed is known.
        known = added.known;
        return added.outcomes;
      };
      line = new GroupCommit({ maxRows, commit });
      this.#lines.set(workspaceId, line);
    }
    return line;
  }

  async #commit(
    run: RunStatement,
    companyId: Uuid,
    workspaceId: Uuid,
    rows: NewEndpoint[],
    known: Count | undefined,
  ): Promise<{ outcomes: Added[]; known: Count | undefined }> {
    const { terms, version } = await lockWorkspace(run, companyId, workspaceId);
    const firsts = firstByManager(rows);
    const outcomes = new Map<NewEndpoint, Added>();
    const allowed = [...new Set(firsts.values())].filter((row) => {
      try {
        row.terms.check(terms);
        return true;
      } catch (refused) {
        outcomes.set(row, { refused });
        return false;
      }
    });
    const limit = allowed[0]?.terms.limit;
    let after = known;
    if (limit !== undefined) {
      const count = known?.version === version ? known?.count : null;
      const values = [companyId, workspaceId, limit, ...addValues(allowed.map(toRows)), changesChannel, count];
      const found = await run<AddOutcome>(this.#statement, values);
      for (const [i, { added, managed }] of found.entries()) outcomes.set(allowed[i] as NewEndpoint, managed ?? added);
      after = countAfter(version, found);
    }
    const answers = rows.map((row) => {
      const first = firsts.get(row) as NewEndpoint;
      const outcome = outcomes.get(first) as Added;
      return first === row || outcome !== true ? outcome : first.endpoint.id;
    });
    return { outcomes: answers, known: after };
  }
}

/** Each added endpoint has raised the version by one. */
function countAfter(version: string | undefined, outcomes: AddOutcome[]): Count | undefined {
  const [one] = outcomes;
  if (!one || version === undefined) return undefined;
  const added = outcomes.filter((outcome) => outcome.added).length;
  return { version: String(BigInt(version) + BigInt(added)), count: Number(one.there) + added };
}

/** For each row the first that is for the same resource: a statement does not see what it adds. */
function firstByManager(rows: NewEndpoint[]): Map<NewEndpoint, NewEndpoint> {
  const byUid = new Map<string, NewEndpoint>();
  const firsts = new Map<NewEndpoint, NewEndpoint>();
  for (const row of rows) {
    const uid = row.endpoint.managedBy?.uid;
    const first = (uid !== undefined && byUid.get(uid)) || row;
    if (uid !== undefined) byUid.set(uid, first);
    firsts.set(row, first);
  }
  return firsts;
}

function toRows({ endpoint: added, sealed, headers, terms }: NewEndpoint): AddedRows {
  const { etag, statistics: _none, managedBy, keys, ...columns } = added;
  const [key] = keys;
  if (!key) throw new TypeError("an endpoint needs a signing key");
  const { expiresAt: notAfter, ...shown } = key;
  return {
    endpoint: { ...columns, ...managerColumns(managedBy), ...headers, version: etag },
    secret: { ...shown, notAfter, endpointId: added.id, version: 1, sealed },
    entry: toRow(terms.entry),
  };
}
