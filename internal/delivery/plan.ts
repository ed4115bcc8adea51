import { queues } from "../domain/message.ts";
import { nextAttempt, parseRetryAfter, type RetrySchedule } from "../retry/schedule.ts";
import type { NextStep, SendResult } from "./ports.ts";

interface Finished {
  region: string;
  /** 1-based number of the attempt that finished. */
  number: number;
  /** False on a manual retry: one attempt, no schedule. */
  scheduled: boolean;
  result: SendResult;
}

/** What a finished attempt leads to. Pure: `now` in ms since the epoch. */
export function planNext(schedule: RetrySchedule, finished: Finished, now: number): NextStep {
  const { region, number, scheduled, result } = finished;
  if (result.outcome === "SUCCESS") return { status: "SUCCEEDED" };
  if (result.httpStatus === 410) return { status: "FAILED", reason: "GONE" };
  if (!scheduled) return { status: "FAILED", reason: "MANUAL_RETRY_FAILED" };
  const retryAfter = parseRetryAfter(result.response?.headers["retry-after"], now);
  const next = nextAttempt(schedule, number, now, retryAfter);
  if (!next) return { status: "FAILED", reason: "EXHAUSTED" };
  const queue = next.tierSeconds === null ? null : queues.retries(region, next.tierSeconds);
  return { status: "RETRY_SCHEDULED", dueAt: new Date(next.dueAt), queue };
}
