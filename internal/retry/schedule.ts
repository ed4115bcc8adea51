/**
 * The waits before each attempt, in milliseconds since the attempt before; the first is the wait before the
 * first attempt and is always 0. As many attempts as entries.
 */
export type RetrySchedule = readonly number[];

/** Immediately, +1m, +5m, +30m, +6h: five attempts over 6 h 36 min. */
export const defaultSchedule: RetrySchedule = [0, 60_000, 300_000, 1_800_000, 21_600_000];

/** When the next attempt is due and which tier holds the wait; undefined: the schedule is used up. */
export interface NextAttempt {
  dueAt: number;
  /** Seconds of the RETRIES stream; null when the wait is not exactly a tier's, so Postgres holds it. */
  tierSeconds: number | null;
}

/** The distinct waits of a schedule that are whole seconds: one RETRIES stream each. Postgres holds the others. */
export function tiersOf(schedule: RetrySchedule): number[] {
  return [...new Set(schedule.slice(1))].filter(hasTier).map((ms) => ms / 1000);
}

function hasTier(waitMs: number): boolean {
  return waitMs > 0 && waitMs % 1000 === 0;
}

/**
 * What follows attempt `number` (1-based) that failed at `now`. A Retry-After lengthens the wait, up to the
 * longest of the schedule; it never shortens it, and never adds an attempt after the last.
 */
export function nextAttempt(
  schedule: RetrySchedule,
  number: number,
  now: number,
  retryAfterMs: number | undefined,
): NextAttempt | undefined {
  const planned = schedule[number];
  if (planned === undefined) return undefined;
  const wait = Math.max(planned, Math.min(retryAfterMs ?? 0, Math.max(...schedule)));
  // A tier is in due order because all that it holds waits equally long: any wait of exactly that length fits.
  const fits = hasTier(wait) && schedule.indexOf(wait, 1) > 0;
  return { dueAt: now + wait, tierSeconds: fits ? wait / 1000 : null };
}

/** The three date forms of RFC 9110 §5.6.7: a weekday's name first, never a bare number or ISO text. */
const httpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

/**
 * Reads a Retry-After header: seconds, or an HTTP date (RFC 9110 §10.2.3). Milliseconds from `now`; undefined when it
 * is neither.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  if (!httpDate.test(text)) return undefined;
  const date = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
