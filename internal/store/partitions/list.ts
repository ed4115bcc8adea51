import type pg from "pg";
import type { Cut } from "./cuts.ts";

export interface Partition {
  name: string;
  /** Of its table's cut. */
  period: number;
  /** `detaching`: a DETACH CONCURRENTLY that was interrupted; `detached`: no part of the table any more. */
  state: "attached" | "detaching" | "detached";
}

/** Every partition of this table that exists, the oldest first. */
export async function listPartitions(client: pg.Client, cut: Cut): Promise<Partition[]> {
  const { rows } = await client.query<Omit<Partition, "period">>(
    `SELECT c.relname AS name,
            CASE WHEN i.inhrelid IS NULL THEN 'detached' WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END
              AS state
     FROM pg_class c
     LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
     WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND starts_with(c.relname, $1 || '_')
     ORDER BY c.relname`,
    [cut.table],
  );
  return rows.flatMap((row) => {
    const period = cut.read(row.name);
    return period === undefined ? [] : [{ ...row, period }];
  });
}
