import { describe, expect, it } from "@jest/globals";
import { defaultSchedule } from "../retry/schedule.ts";
import { planNext } from "./plan.ts";
import type { SendResult } from "./ports.ts";

const now = Date.UTC(2026, 10, 23, 12);

function answered(httpStatus: number, headers: Record<string, string> = {}): SendResult {
  const outcome =
    httpStatus < 300 ? "SUCCESS" : httpStatus < 400 ? "HTTP_3XX" : httpStatus < 500 ? "HTTP_4XX" : "HTTP_5XX";
  const timing = { dnsMs: 0, connectMs: 0, tlsMs: 0, firstByteMs: 1, totalMs: 1 };
  return { outcome, httpStatus, error: "", timing, response: { headers, body: Buffer.alloc(0), truncated: false } };
}

function plan(number: number, result: SendResult, scheduled = true) {
  return planNext(defaultSchedule, { region: "us", number, scheduled, result }, now);
}

describe("what follows an attempt", () => {
  it("ends as SUCCEEDED on 2xx", () => {
    expect(plan(1, answered(204))).toEqual({ status: "SUCCEEDED" });
  });

  it("walks the schedule: +1m, +5m, +30m, +6h, then FAILED", () => {
    const waits = [1, 2, 3, 4].map((number) => plan(number, answered(500)));
    expect(waits).toEqual(
      [60, 300, 1800, 21600].map((seconds) => ({
        status: "RETRY_SCHEDULED",
        dueAt: new Date(now + seconds * 1000),
        queue: `RETRIES_us_${seconds}`,
      })),
    );
    expect(plan(5, answered(500))).toEqual({ status: "FAILED", reason: "EXHAUSTED" });
  });

  it("ends at once when the receiver is gone", () => {
    expect(plan(1, answered(410))).toEqual({ status: "FAILED", reason: "GONE" });
  });

  it("waits as long as Retry-After asks, held by Postgres because no tier has that wait", () => {
    expect(plan(1, answered(429, { "retry-after": "3600" }))).toEqual({
      status: "RETRY_SCHEDULED",
      dueAt: new Date(now + 3_600_000),
      queue: null,
    });
  });

  it("is never hurried by Retry-After, nor given another attempt after the last", () => {
    expect(plan(2, answered(503, { "retry-after": "1" }))).toMatchObject({ queue: "RETRIES_us_300" });
    expect(plan(5, answered(503, { "retry-after": "60" }))).toEqual({ status: "FAILED", reason: "EXHAUSTED" });
  });

  it("gives a manual retry one attempt and no schedule", () => {
    expect(plan(6, answered(500), false)).toEqual({ status: "FAILED", reason: "MANUAL_RETRY_FAILED" });
    expect(plan(6, answered(200), false)).toEqual({ status: "SUCCEEDED" });
  });
});
