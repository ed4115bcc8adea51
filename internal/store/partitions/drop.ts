import type pg from "pg";
import { unfinished } from "../delivery/fragments.ts";
import { auditCut, type Cut, dailyCuts } from "./cuts.ts";
import { dayMs, dayOf } from "./days.ts";
import { listPartitions, type Partition } from "./list.ts";
import { withLockTimeout } from "./lock-timeout.ts";

/** Deliveries ended in one transaction before their day is dropped. */
const page = 1_000;

export interface Dropped {
  /** Names of the partitions. */
  dropped: string[];
  /** Unfinished deliveries that became FAILED with the reason EXPIRED. */
  expired: number;
}

/**
 * Drops the days that ended more than `retentionDays` ago: deliveries, then their attempts. Events stay a day longer,
 * because a delivery may be made a moment after midnight for an event of the moment before. Of the audit log, months
 * that ended more than `auditRetentionDays` ago. Reads and writes of other periods go on: a partition is detached
 * concurrently and then dropped.
 *
 * @throws when a table is locked for longer than this is willing to wait; the next run takes it up where it stopped.
 */
export async function dropPartitions(
  client: pg.Client,
  options: { retentionDays: number; auditRetentionDays: number; now?: number },
): Promise<Dropped> {
  const { retentionDays, auditRetentionDays, now = Date.now() } = options;
  const firstKept = dayOf(now - retentionDays * dayMs);
  const dropped: string[] = [];
  let expired = 0;
  for (const partition of await before(client, dailyCuts.webhook_jobs, firstKept)) {
    expired += await expire(client, partition);
    await drop(client, dailyCuts.webhook_jobs, partition);
    dropped.push(partition.name);
  }
  for (const [cut, period] of [
    [dailyCuts.webhook_delivery_attempts, firstKept],
    [dailyCuts.webhook_events, firstKept - 1],
    [auditCut, auditCut.of(now - auditRetentionDays * dayMs)],
  ] as const) {
    for (const partition of await before(client, cut, period)) {
      await drop(client, cut, partition);
      dropped.push(partition.name);
    }
  }
  return { dropped, expired };
}

/** What an interrupted run left half detached comes first: Postgres detaches nothing else of the table before. */
async function before(client: pg.Client, cut: Cut, period: number): Promise<Partition[]> {
  const partitions = await listPartitions(client, cut);
  return [
    ...partitions.filter(({ state }) => state === "detaching"),
    ...partitions.filter((partition) => partition.period < period && partition.state !== "detaching"),
  ];
}

/** What is still unfinished after the retention ends FAILED, page by page. Answers how many. */
async function expire(client: pg.Client, { name }: Partition): Promise<number> {
  let expired = 0;
  while (true) {
    const { rowCount } = await client.query(
      `UPDATE ${name}
       SET status = 'FAILED', failure_reason = 'EXPIRED', queue = NULL, due_at = NULL, held_reason = NULL,
           updated_at = now()
       WHERE id IN (SELECT id FROM ${name} WHERE ${unfinished} LIMIT ${page} FOR UPDATE SKIP LOCKED)`,
    );
    if (!rowCount) return expired;
    expired += rowCount;
  }
}

async function drop(client: pg.Client, cut: Cut, { name }: Partition): Promise<void> {
  const { table } = cut;
  await withLockTimeout(client, async () => {
    // Asked each time: a detach that timed out half-way is to be finished, not begun again.
    const state = (await listPartitions(client, cut)).find((partition) => partition.name === name)?.state;
    if (state === "attached") await client.query(`ALTER TABLE ${table} DETACH PARTITION ${name} CONCURRENTLY`);
    if (state === "detaching") await client.query(`ALTER TABLE ${table} DETACH PARTITION ${name} FINALIZE`);
    await client.query(`DROP TABLE IF EXISTS ${name}`);
  });
}
