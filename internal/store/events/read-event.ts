import type { Pool } from "pg";
import type { Event } from "../../domain/entities.ts";
import type { Uuid } from "../../domain/ids.ts";
import { runStatement } from "../statement.ts";

export interface EventColumns {
  id: Uuid;
  workspace_id: Uuid;
  project_id: Uuid | null;
  type: string;
  created_at: Date;
  delivery_count: number;
}

export const eventColumns = "e.id, e.workspace_id, e.project_id, e.type, e.created_at, e.delivery_count";

export function eventOf(columns: EventColumns): Event {
  return {
    id: columns.id,
    workspaceId: columns.workspace_id,
    projectId: columns.project_id,
    type: columns.type,
    createdAt: columns.created_at,
    deliveryCount: columns.delivery_count,
  };
}

const statement = {
  name: "readEvent",
  text: `SELECT ${eventColumns}, e.body FROM webhook_events e WHERE e.id = $1`,
};

/** An event with its delivered body. */
export async function readEvent(pool: Pool, id: Uuid): Promise<(Event & { body: Buffer }) | undefined> {
  const [columns] = await runStatement<EventColumns & { body: Buffer }>(pool, statement, [id]);
  return columns && { ...eventOf(columns), body: columns.body };
}
