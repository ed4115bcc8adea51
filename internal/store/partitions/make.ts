import type pg from "pg";
import { inTransaction } from "../connection.ts";
import { dayBounds, dayOf, type PartitionedTable, partitionedTables, partitionName } from "./days.ts";
import { listPartitions } from "./list.ts";
import { withLockTimeout } from "./lock-timeout.ts";

/** A week in which nobody has to notice that the making of partitions stopped. */
const defaultDaysAhead = 7;

/** The table is there already; the others when both were made at the same moment. */
const existsAlready = new Set(["42P07", "42710", "23505"]);

/**
 * Makes the partitions from yesterday (clocks differ) to `daysAhead` days from now that do not exist yet. Answers
 * their names. Reads and writes of other days go on: a partition is made apart and then attached. May run in several
 * processes at a time.
 */
export async function makePartitions(
  client: pg.Client,
  options: { daysAhead?: number; now?: number } = {},
): Promise<string[]> {
  const { daysAhead = defaultDaysAhead, now = Date.now() } = options;
  const today = dayOf(now);
  const made: string[] = [];
  for (const table of partitionedTables) {
    const days = new Set((await listPartitions(client, table)).map(({ day }) => day));
    for (let day = today - 1; day <= today + daysAhead; day++) {
      if (days.has(day)) continue;
      if (await withLockTimeout(client, () => makePartition(client, table, day))) made.push(partitionName(table, day));
    }
  }
  return made;
}

/** False when another process was faster. */
async function makePartition(client: pg.Client, table: PartitionedTable, day: number): Promise<boolean> {
  const name = partitionName(table, day);
  const [from, to] = dayBounds(day);
  try {
    await inTransaction(client, async () => {
      await client.query(`CREATE TABLE ${name} (LIKE ${table} INCLUDING ALL)`);
      await client.query(`ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
    });
    return true;
  } catch (error) {
    if (existsAlready.has((error as { code?: string }).code ?? "")) return false;
    throw error;
  }
}
