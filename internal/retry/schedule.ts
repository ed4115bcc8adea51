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

/** The distinct waits of a schedule in whole seconds: one RETRIES stream each. */
export function tiersOf(schedule: RetrySchedule): number[] {
  return [...new Set(schedule.slice(1).map((ms) => Math.round(ms / 1000)))].filter((s) => s > 0);
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
  const wait = schedule[number];
  if (wait === undefined) return undefined;
  const longest = Math.max(...schedule);
  const asked = Math.min(retryAfterMs ?? 0, longest);
  if (asked > wait) return { dueAt: now + asked, tierSeconds: null };
  return { dueAt: now + wait, tierSeconds: wait > 0 ? Math.round(wait / 1000) : null };
}

/** Reads a Retry-After header: seconds, or an HTTP date (RFC 9110 §10.2.3). Undefined when it is neither. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /^[A-Za-z]{3}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
