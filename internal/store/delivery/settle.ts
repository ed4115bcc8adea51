import type { Pool } from "pg";
import type { SettleOutcome, SettleRow } from "../../delivery/ports.ts";
import type { DeliveryStatus } from "../../domain/states.ts";
import { booleanArray, bytesArray, numberArray, textArray, timeArray, uuidArray } from "../arrays.ts";
import { DayStatement } from "./days.ts";
import { lockedJobs, unfinished } from "./fragments.ts";

/**
 * `decided` is the whole rule: which number the attempt has, and whether its outcome is the delivery's. An attempt that
 * has its real outcome already stays as it is (`repeated`). Statistics come last: their rows are the ones that other
 * processes wait for.
 */
const statement = new DayStatement(
  "settle",
  (tables) => `
WITH input AS MATERIALIZED (
  SELECT *
  FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::int[], $7::float8[], $8::real[],
              $9::text[], $10::text[], $11::float8[], $12::text[], $13::real[], $14::real[], $15::real[], $16::real[],
              $17::boolean[], $18::text[], $19::text[], $20::text[], $21::bytea[])
    WITH ORDINALITY AS u (job_id, endpoint_id, epoch, attempt_id, outcome, http_status, started_ms, total_ms,
                          next_status, next_reason, next_due_ms, next_queue, dns_ms, connect_ms, tls_ms, first_byte_ms,
                          truncated, pod, error, headers, body, ord)
), ${lockedJobs(tables)},
decided AS MATERIALIZED (
  SELECT j.*, own.number AS own_number,
         coalesce(own.outcome NOT IN ('IN_PROGRESS', 'UNKNOWN'), false) AS repeated,
         CASE WHEN own.number > 0 THEN own.number ELSE j.attempt_count + 1 END AS number,
         j.${unfinished} AND (j.next_status = 'SUCCEEDED' OR j.epoch = j.job_epoch) AS applies
  FROM job j
  LEFT JOIN ${tables.attempts} own ON own.job_id = j.job_id AND own.id = j.attempt_id
  WHERE j.same
), inserted AS (
  INSERT INTO ${tables.attempts} (job_id, id, started_at, http_status, dns_ms, connect_ms, tls_ms, first_byte_ms,
    total_ms, number, response_truncated, outcome, pod, error, response_headers, response_body)
  SELECT d.job_id, d.attempt_id, to_timestamp(d.started_ms / 1000), d.http_status, d.dns_ms, d.connect_ms, d.tls_ms,
         d.first_byte_ms, d.total_ms, d.number, d.truncated, d.outcome, d.pod, d.error, d.headers::jsonb, d.body
  FROM decided d
  WHERE d.own_number IS NULL
), replaced AS (
  UPDATE ${tables.attempts} a
  SET started_at = to_timestamp(d.started_ms / 1000), http_status = d.http_status, dns_ms = d.dns_ms,
      connect_ms = d.connect_ms, tls_ms = d.tls_ms, first_byte_ms = d.first_byte_ms, total_ms = d.total_ms,
      number = d.number, response_truncated = d.truncated, outcome = d.outcome, pod = d.pod, error = d.error,
      response_headers = d.headers::jsonb, response_body = d.body
  FROM decided d
  WHERE a.job_id = d.job_id AND a.id = d.attempt_id AND d.own_number IS NOT NULL AND NOT d.repeated
), settled AS (
  UPDATE ${tables.jobs} j
  SET attempt_count = CASE WHEN d.own_number > 0 THEN j.attempt_count ELSE d.number END,
      status = CASE WHEN d.applies THEN d.next_status ELSE j.status END,
      failure_reason = CASE WHEN d.applies THEN d.next_reason ELSE j.failure_reason END,
      epoch = j.epoch + (d.applies AND d.next_status = 'RETRY_SCHEDULED')::int,
      queue = CASE WHEN d.applies THEN d.next_queue ELSE j.queue END,
      due_at = CASE WHEN d.applies THEN to_timestamp(d.next_due_ms / 1000) ELSE j.due_at END,
      enqueued_at = CASE WHEN d.applies AND d.next_status = 'RETRY_SCHEDULED' THEN now() ELSE j.enqueued_at END,
      held_reason = CASE WHEN d.applies THEN NULL ELSE j.held_reason END,
      updated_at = now()
  FROM decided d
  WHERE j.id = d.job_id AND NOT d.repeated
), statistics AS (
  INSERT INTO endpoint_statistics AS s
    (endpoint_id, attempts, succeeded, failed, consecutive_failures, last_success_at, last_failure_at, last_status)
  SELECT endpoint_id, count(*), count(*) FILTER (WHERE ok), count(*) FILTER (WHERE NOT ok),
         count(*) FILTER (WHERE NOT ok_since), max(ended_at) FILTER (WHERE ok), max(ended_at) FILTER (WHERE NOT ok),
         (array_agg(http_status ORDER BY ord DESC))[1]
  FROM (
    SELECT d.endpoint_id, d.ord, d.http_status, d.outcome = 'SUCCESS' AS ok,
           bool_or(d.outcome = 'SUCCESS') OVER (PARTITION BY d.endpoint_id ORDER BY d.ord DESC) AS ok_since,
           to_timestamp((d.started_ms + d.total_ms) / 1000) AS ended_at
    FROM decided d
    WHERE NOT d.repeated
  ) counted
  GROUP BY endpoint_id
  ORDER BY endpoint_id
  ON CONFLICT (endpoint_id) DO UPDATE
  SET attempts = s.attempts + excluded.attempts,
      succeeded = s.succeeded + excluded.succeeded,
      failed = s.failed + excluded.failed,
      consecutive_failures = excluded.consecutive_failures
        + CASE WHEN excluded.succeeded = 0 THEN s.consecutive_failures ELSE 0 END,
      last_success_at = greatest(s.last_success_at, excluded.last_success_at),
      last_failure_at = greatest(s.last_failure_at, excluded.last_failure_at),
      last_status = excluded.last_status
)
SELECT ord::int - 1 AS row, CASE WHEN repeated THEN 'repeated' ELSE 'recorded' END AS kind, status, job_epoch, queue
FROM decided
WHERE repeated OR NOT applies
UNION ALL
SELECT ord::int - 1, 'moved', NULL, NULL, NULL FROM job WHERE NOT same
UNION ALL
SELECT ord::int - 1, 'gone', NULL, NULL, NULL FROM input WHERE job_id NOT IN (SELECT job_id FROM seen)`,
);

/** A row that was not simply settled. */
interface Exception {
  row: number;
  kind: "gone" | "moved" | "repeated" | "recorded";
  status: DeliveryStatus;
  job_epoch: number;
  queue: string | null;
}

/** Settles deliveries of one day, none twice. Undefined: the delivery changed meanwhile, run the row again. */
export async function settleDay(pool: Pool, day: number, rows: SettleRow[]): Promise<(SettleOutcome | undefined)[]> {
  const exceptions = await statement.run<Exception>(pool, day, parameters(rows));
  if (!exceptions) return rows.map(() => ({ kind: "gone" }));
  const byRow = new Map(exceptions.map((exception) => [exception.row, exception]));
  return rows.map((row, i) => {
    const exception = byRow.get(i);
    return exception ? outcomeOf(row, exception) : settled(row);
  });
}

function settled({ next, epoch }: SettleRow): SettleOutcome {
  return { kind: "settled", status: next.status, epoch: epoch + (next.status === "RETRY_SCHEDULED" ? 1 : 0) };
}

function outcomeOf(row: SettleRow, { kind, status, job_epoch, queue }: Exception): SettleOutcome | undefined {
  if (kind === "moved") return undefined;
  if (kind !== "repeated") return { kind };
  // Settled before, by a call whose answer got lost: what it led to is in force unless the delivery went on from there.
  const { next } = row;
  const inForce =
    status === next.status &&
    (next.status !== "RETRY_SCHEDULED" || (job_epoch === row.epoch + 1 && queue === next.queue));
  return inForce ? { kind: "settled", status, epoch: job_epoch } : { kind: "recorded" };
}

function parameters(rows: SettleRow[]): unknown[] {
  const attempts = rows.map(({ attempt }) => attempt);
  const steps = rows.map(({ next }) => next);
  return [
    uuidArray(rows.map(({ deliveryId }) => deliveryId)),
    uuidArray(rows.map(({ endpointId }) => endpointId)),
    numberArray(rows.map(({ epoch }) => epoch)),
    uuidArray(attempts.map(({ id }) => id)),
    textArray(attempts.map(({ outcome }) => outcome)),
    numberArray(attempts.map(({ httpStatus }) => httpStatus)),
    timeArray(attempts.map(({ startedAt }) => startedAt)),
    numberArray(attempts.map(({ timing }) => timing.totalMs)),
    textArray(steps.map(({ status }) => status)),
    textArray(steps.map((step) => (step.status === "FAILED" ? step.reason : null))),
    timeArray(steps.map((step) => (step.status === "RETRY_SCHEDULED" ? step.dueAt : null))),
    textArray(steps.map((step) => (step.status === "RETRY_SCHEDULED" ? step.queue : null))),
    numberArray(attempts.map(({ timing }) => timing.dnsMs)),
    numberArray(attempts.map(({ timing }) => timing.connectMs)),
    numberArray(attempts.map(({ timing }) => timing.tlsMs)),
    numberArray(attempts.map(({ timing }) => timing.firstByteMs)),
    booleanArray(attempts.map(({ response }) => response?.truncated ?? false)),
    textArray(attempts.map(({ pod }) => pod)),
    textArray(attempts.map(({ error }) => error)),
    textArray(attempts.map(({ response }) => response && JSON.stringify(response.headers))),
    bytesArray(attempts.map(({ response }) => (response && response.body.length > 0 ? response.body : null))),
  ];
}
