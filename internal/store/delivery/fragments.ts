import type { DayTables } from "./days.ts";

/** As the partial indexes have it: for what is found through them. */
export const unfinished = "status IN ('PENDING', 'SENDING', 'RETRY_SCHEDULED')";

/** The same for what is found by id, said so that no partial index offers itself instead of the primary key. */
export const notFinished = "status NOT IN ('SUCCEEDED', 'FAILED')";

/** What an attempt says whose process died with it. */
export const diedError = "the process that made this attempt ended before it could record the outcome";

/**
 * `job`: the deliveries of `input`, locked in the order of their ids, each with the input's columns and its own. `same`
 * says that the row is still the one of the statement's snapshot. Who writes an attempt writes its delivery's row too,
 * so where `same` holds the snapshot shows every attempt; where it does not, the caller runs the row again.
 *
 * Everything an input row brings travels along: a join of two intermediate results has no index to go by, so it would
 * be a nested loop over both.
 */
export function lockedJobs({ jobs }: DayTables): string {
  return `
seen AS MATERIALIZED (
  SELECT i.*, s.xmin AS version FROM input i JOIN ${jobs} s ON s.id = i.job_id
), job AS MATERIALIZED (
  SELECT s.*, j.status, j.epoch AS job_epoch, j.attempt_count, j.manual, j.queue, j.created_at,
         j.xmin = s.version AS same
  FROM seen s
  JOIN ${jobs} j ON j.id = s.job_id
  ORDER BY j.id
  FOR UPDATE OF j
)`;
}

/**
 * `job`: the unfinished deliveries of `input` whose epoch is the message's, locked in the order of their ids. Their
 * state is decided by the locked row alone. `first_died`: the message was handed out before and nothing is recorded, so
 * a process may have died with the first attempt; `noted` records that.
 */
export function currentJobs({ jobs, attempts }: DayTables, where = ""): string {
  return `
job AS MATERIALIZED (
  SELECT i.*, j.created_at, i.redelivered AND j.epoch = 0 AND j.attempt_count = 0 AS first_died
  FROM input i
  JOIN ${jobs} j ON j.id = i.job_id
  WHERE j.epoch = i.message_epoch AND j.${notFinished} ${where}
  ORDER BY j.id
  FOR UPDATE OF j
), noted AS (
  INSERT INTO ${attempts} (job_id, id, started_at, number, outcome, error)
  SELECT j.job_id, j.job_id, j.created_at, 1, 'UNKNOWN', '${diedError}' FROM job j WHERE j.first_died
)`;
}
