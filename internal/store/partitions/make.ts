import type pg from "pg";
import { uuidTime } from "../../domain/ids.ts";
import { inTransaction } from "../connection.ts";
import { grantAsTable } from "../roles/grant.ts";
import { type Cut, cuts } from "./cuts.ts";
import { dayMs } from "./days.ts";
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
  const made: string[] = [];
  for (const cut of cuts) {
    const standing = new Set((await listPartitions(client, cut)).map(({ period }) => period));
    const last = cut.of(now + daysAhead * dayMs);
    for (let period = cut.of(now - dayMs); period <= last; period++) {
      if (standing.has(period)) continue;
      if (await withLockTimeout(client, () => makePartition(client, cut, period))) made.push(cut.nameOf(period));
    }
  }
  return made;
}

/** The time up to which every table has the partitions of now and what follows, ms since the epoch. */
export async function partitionedUntil(client: pg.Client, now = Date.now()): Promise<number> {
  const ends: number[] = [];
  for (const cut of cuts) {
    const partitions = await listPartitions(client, cut);
    const attached = new Set(partitions.filter(({ state }) => state === "attached").map(({ period }) => period));
    let period = cut.of(now);
    while (attached.has(period)) period++;
    ends.push(uuidTime(cut.bounds(period)[0]));
  }
  return Math.min(...ends);
}

/** False when another process was faster. */
async function makePartition(client: pg.Client, cut: Cut, period: number): Promise<boolean> {
  const { table } = cut;
  const name = cut.nameOf(period);
  const [from, to] = cut.bounds(period);
  try {
    await inTransaction(client, async () => {
      await client.query(`CREATE TABLE ${name} (LIKE ${table} INCLUDING ALL)`);
      await client.query(`ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
      if (cut.also) await client.query(cut.also(name));
      await grantAsTable(client, table, name);
    });
    return true;
  } catch (error) {
    if (existsAlready.has((error as { code?: string }).code ?? "")) return false;
    throw error;
  }
}
