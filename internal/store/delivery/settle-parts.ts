import type { SettleRow } from "../../delivery/ports.ts";
import { booleanArray, bytesArray, numberArray, textArray, timeArray, uuidArray } from "../arrays.ts";
import type { DayTables } from "./days.ts";

/** The rows as `settleParameters` gives them. */
export const settleInput = `
  SELECT *
  FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::int[], $7::float8[], $8::real[],
              $9::text[], $10::text[], $11::float8[], $12::text[], $13::real[], $14::real[], $15::real[], $16::real[],
              $17::boolean[], $18::text[], $19::text[], $20::text[], $21::bytea[])
    WITH ORDINALITY AS u (job_id, endpoint_id, epoch, attempt_id, outcome, http_status, started_ms, total_ms,
                          next_status, next_reason, next_due_ms, next_queue, dns_ms, connect_ms, tls_ms, first_byte_ms,
                          truncated, pod, error, headers, body, ord)`;

/** Writes attempts that have no row yet, numbered by `from`. */
export function insertAttempts(tables: DayTables, from: string): string {
  return `
  INSERT INTO ${tables.attempts} (job_id, id, started_at, http_status, dns_ms, connect_ms, tls_ms, first_byte_ms,
    total_ms, number, response_truncated, outcome, pod, error, response_headers, response_body)
  SELECT d.job_id, d.attempt_id, to_timestamp(d.started_ms / 1000), d.http_status, d.dns_ms, d.connect_ms, d.tls_ms,
         d.first_byte_ms, d.total_ms, d.number, d.truncated, d.outcome, d.pod, d.error, d.headers::jsonb, d.body
  FROM ${from} d`;
}

/** `statistics`: the rows of `from`, counted per endpoint, which are locked in the order of their ids. */
export function countAttempts(from: string): string {
  return `
statistics AS (
  INSERT INTO endpoint_statistics AS s
    (endpoint_id, attempts, succeeded, failed, consecutive_failures, last_success_at, last_failure_at, last_status)
  SELECT endpoint_id, count(*), count(*) FILTER (WHERE ok), count(*) FILTER (WHERE NOT ok),
         count(*) FILTER (WHERE NOT ok_since), max(ended_at) FILTER (WHERE ok), max(ended_at) FILTER (WHERE NOT ok),
         (array_agg(http_status ORDER BY ord DESC))[1]
  FROM (
    SELECT d.endpoint_id, d.ord, d.http_status, d.outcome = 'SUCCESS' AS ok,
           bool_or(d.outcome = 'SUCCESS') OVER (PARTITION BY d.endpoint_id ORDER BY d.ord DESC) AS ok_since,
           to_timestamp((d.started_ms + d.total_ms) / 1000) AS ended_at
    FROM ${from} d
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
)`;
}

export function settleParameters(rows: SettleRow[]): unknown[] {
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
