import type { Pool } from "pg";
import type { Event } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import { type Uuid, uuidTime } from "../../domain/ids.ts";
import type { AcceptOutcome, AcceptRow, EventRecord } from "../../events/ports.ts";
import type { Database } from "../database.ts";
import { acceptRows } from "./accept.ts";
import { readFirstEvents } from "./first-events.ts";
import { readEvent } from "./read-event.ts";

/** A key may expire between being refused and being looked up; then it is free. More often than this it does not. */
const maxRounds = 5;

/** Accepted events, as Postgres keeps them. */
export class PostgresEventRecord implements EventRecord {
  readonly #pool: Pool;

  constructor(database: Pick<Database, "prepared">) {
    this.#pool = database.prepared;
  }

  async accept(rows: AcceptRow[]): Promise<AcceptOutcome[]> {
    const { firsts, firstOf } = firstsByKey(rows);
    const outcomes = await this.#acceptFirsts(firsts);
    return rows.map((row) => {
      const first = firstOf(row);
      const outcome = outcomes.get(first) as AcceptOutcome;
      return first === row || outcome.kind !== "accepted" ? outcome : duplicateOf(first);
    });
  }

  readEvent(id: Uuid): Promise<(Event & { body: Buffer }) | undefined> {
    return readEvent(this.#pool, id);
  }

  async #acceptFirsts(rows: AcceptRow[]): Promise<Map<AcceptRow, AcceptOutcome>> {
    const outcomes = new Map<AcceptRow, AcceptOutcome>();
    let open = rows;
    for (let round = 0; round < maxRounds && open.length > 0; round++) {
      const refused = await acceptRows(this.#pool, open);
      open.forEach((row, i) => {
        if (refused.get(i) !== "keyTaken") outcomes.set(row, { kind: refused.has(i) ? "endpointsMoved" : "accepted" });
      });
      open = await this.#resolveTaken(
        open.filter((_, i) => refused.get(i) === "keyTaken"),
        outcomes,
      );
    }
    if (open.length > 0) {
      throw new DomainError("ABORTED", "IDEMPOTENCY_KEY_CHANGING", "the idempotency key keeps changing: try again");
    }
    return outcomes;
  }

  /** Answers the rows whose key is free after all. */
  async #resolveTaken(rows: AcceptRow[], outcomes: Map<AcceptRow, AcceptOutcome>): Promise<AcceptRow[]> {
    if (rows.length === 0) return [];
    const keys = rows.map(({ event, idempotency }) => ({
      workspaceId: event.workspaceId,
      key: idempotency?.key as string,
    }));
    const used = await readFirstEvents(this.#pool, keys);
    return rows.filter((row, i) => {
      const found = used[i];
      if (found) outcomes.set(row, { kind: "duplicate", ...found });
      return !found;
    });
  }
}

/** One row per idempotency key: Postgres cannot take a key twice in a statement. */
function firstsByKey(rows: AcceptRow[]): { firsts: AcceptRow[]; firstOf: (row: AcceptRow) => AcceptRow } {
  const byKey = new Map<string, AcceptRow>();
  const identity = ({ event, idempotency }: AcceptRow) => `${event.workspaceId}/${idempotency?.key}`;
  const firsts = rows.filter((row) => {
    if (!row.idempotency) return true;
    if (byKey.has(identity(row))) return false;
    byKey.set(identity(row), row);
    return true;
  });
  return { firsts, firstOf: (row) => (row.idempotency && byKey.get(identity(row))) ?? row };
}

function duplicateOf({ event, deliveries, idempotency }: AcceptRow): AcceptOutcome {
  const { id, workspaceId, projectId, type } = event;
  return {
    kind: "duplicate",
    bodyHash: idempotency?.bodyHash as Buffer,
    first: { id, workspaceId, projectId, type, createdAt: new Date(uuidTime(id)), deliveryCount: deliveries.length },
  };
}
