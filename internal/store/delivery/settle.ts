import type { Pool } from "pg";
import type { SettleOutcome, SettleRow } from "../../delivery/ports.ts";
import type { DeliveryStatus } from "../../domain/states.ts";
import { DayStatement } from "./days.ts";
import { lockedJobs, notFinished } from "./fragments.ts";
import { settleFirstDay } from "./settle-first.ts";
import { countAttempts, insertAttempts, settleInput, settleParameters } from "./settle-parts.ts";

/**
 * `decided` is the whole rule: which number the attempt has, and whether its outcome is the delivery's. An attempt that
 * has its real outcome already stays as it is (`repeated`). Statistics come last: their rows are the ones that other
 * processes wait for.
 */
const statement = new DayStatement(
  "settle",
  (tables) => `
WITH input AS MATERIALIZED (${settleInput}
), ${lockedJobs(tables)},
decided AS MATERIALIZED (
  SELECT j.*, own.number AS own_number,
         coalesce(own.outcome NOT IN ('IN_PROGRESS', 'UNKNOWN'), false) AS repeated,
         CASE WHEN own.number > 0 THEN own.number ELSE j.attempt_count + 1 END AS number,
         j.${notFinished} AND (j.next_status = 'SUCCEEDED' OR j.epoch = j.job_epoch) AS applies
  FROM job j
  LEFT JOIN ${tables.attempts} own ON own.job_id = j.job_id AND own.id = j.attempt_id
  WHERE j.same
), inserted AS (${insertAttempts(tables, "decided")}
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
), counted AS (
  SELECT * FROM decided WHERE NOT repeated
), ${countAttempts("counted")}
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

/** Fewer first attempts than this among others are not worth a transaction of their own. */
const manyFirsts = 50;

/** Settles deliveries of one day, none twice. Undefined: the delivery changed meanwhile, run the row again. */
export async function settleDay(pool: Pool, day: number, rows: SettleRow[]): Promise<(SettleOutcome | undefined)[]> {
  const firsts = rows.filter(isFirst);
  if (firsts.length < rows.length && firsts.length < manyFirsts) return settleByRule(pool, day, rows);
  const left = await settleFirstDay(pool, day, firsts);
  const others = rows.filter((row) => left.has(row) || !isFirst(row));
  const outcomes = new Map<SettleRow, SettleOutcome | undefined>();
  if (others.length > 0) {
    const answers = await settleByRule(pool, day, others);
    others.forEach((row, i) => outcomes.set(row, answers[i]));
  }
  return rows.map((row) => (outcomes.has(row) ? outcomes.get(row) : settled(row)));
}

function isFirst({ epoch, deliveryId, attempt }: SettleRow): boolean {
  return epoch === 0 && attempt.id === deliveryId;
}

async function settleByRule(pool: Pool, day: number, rows: SettleRow[]): Promise<(SettleOutcome | undefined)[]> {
  const exceptions = await statement.run<Exception>(pool, day, settleParameters(rows));
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
