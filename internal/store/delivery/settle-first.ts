import type { Pool } from "pg";
import type { SettleRow } from "../../delivery/ports.ts";
import { DayStatement } from "./days.ts";
import { countAttempts, insertAttempts, settleInput, settleParameters } from "./settle-parts.ts";

/**
 * First attempts of deliveries that nobody has written since they were accepted: nearly all, and the same rules as
 * `settle` come to very little for them. Epoch 0 without an attempt says that there is no attempt row at all, and the
 * update checks that on the locked row; so nothing needs to be read before. 24 µs of Postgres a row instead of 32. The
 * values it checks for come with the input, so that no partial index offers itself instead of the primary key.
 */
const statement = new DayStatement(
  "settleFirst",
  (tables) => `
WITH input AS MATERIALIZED (
  SELECT *, 0 AS no_epoch, 0 AS no_attempt, 'PENDING' AS untouched FROM (${settleInput}
  ) rows
  ORDER BY job_id
), settled AS MATERIALIZED (
  UPDATE ${tables.jobs} j
  SET attempt_count = 1,
      status = i.next_status,
      failure_reason = i.next_reason,
      epoch = (i.next_status = 'RETRY_SCHEDULED')::int,
      queue = i.next_queue,
      due_at = to_timestamp(i.next_due_ms / 1000),
      enqueued_at = CASE WHEN i.next_status = 'RETRY_SCHEDULED' THEN now() ELSE j.enqueued_at END,
      updated_at = now()
  FROM input i
  WHERE j.id = i.job_id AND j.epoch = i.no_epoch AND j.attempt_count = i.no_attempt AND j.status = i.untouched
  RETURNING i.*, 1 AS number
), inserted AS (${insertAttempts(tables, "settled")}
), ${countAttempts("settled")}
SELECT ord::int - 1 AS row FROM input WHERE job_id NOT IN (SELECT job_id FROM settled)`,
);

/** Settles what is that simple, of one day, none twice. Answers the rows that are not, untouched. */
export async function settleFirstDay(pool: Pool, day: number, rows: SettleRow[]): Promise<Set<SettleRow>> {
  const left = await statement.run<{ row: number }>(pool, day, settleParameters(rows));
  return new Set(left ? left.map(({ row }) => rows[row] as SettleRow) : rows);
}
