import type pg from "pg";
import { type PartitionedTable, partitionDay } from "./days.ts";

export interface Partition {
  name: string;
  day: number;
  /** `detaching`: a DETACH CONCURRENTLY that was interrupted; `detached`: no part of the table any more. */
  state: "attached" | "detaching" | "detached";
}

/** Every day of this table that exists, the oldest first. */
export async function listPartitions(client: pg.Client, table: PartitionedTable): Promise<Partition[]> {
  const { rows } = await client.query<Omit<Partition, "day">>(
    `SELECT c.relname AS name,
            CASE WHEN i.inhrelid IS NULL THEN 'detached' WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END
              AS state
     FROM pg_class c
     LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
     WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND starts_with(c.relname, $1 || '_')
     ORDER BY c.relname`,
    [table],
  );
  return rows.flatMap((row) => {
    const day = partitionDay(table, row.name);
    return day === undefined ? [] : [{ ...row, day }];
  });
}
