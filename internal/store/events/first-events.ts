import type { Pool } from "pg";
import type { Event } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import { textArray, uuidArray } from "../arrays.ts";
import { runStatement } from "../statement.ts";
import { type EventColumns, eventColumns, eventOf } from "./read-event.ts";

export interface UsedKey {
  bodyHash: Buffer;
  first: Event;
}

const statement = {
  name: "firstEvents",
  text: `
SELECT u.ord::int - 1 AS row, k.body_hash, ${eventColumns}
FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS u (workspace_id, key, ord)
JOIN idempotency_keys k ON k.workspace_id = u.workspace_id AND k.key = u.key COLLATE "C" AND k.expires_at > now()
JOIN webhook_events e ON e.id = k.event_id`,
};

/** The events that used these keys first; nothing where a key has expired meanwhile. */
export async function readFirstEvents(
  pool: Pool,
  keys: { workspaceId: Uuid; key: string }[],
): Promise<(UsedKey | undefined)[]> {
  const found = await runStatement<EventColumns & { row: number; body_hash: Buffer }>(pool, statement, [
    uuidArray(keys.map(({ workspaceId }) => workspaceId)),
    textArray(keys.map(({ key }) => key)),
  ]);
  const byRow = new Map(found.map((columns) => [columns.row, columns]));
  return keys.map((_, i) => {
    const columns = byRow.get(i);
    return columns && { bodyHash: columns.body_hash, first: eventOf(columns) };
  });
}
