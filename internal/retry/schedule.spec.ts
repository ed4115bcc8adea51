import { describe, expect, it } from "@jest/globals";
import { defaultSchedule, nextAttempt, parseRetryAfter, tiersOf } from "./schedule.ts";

const now = Date.parse("2026-11-05T12:00:00Z");

describe("nextAttempt", () => {
  it("makes five attempts over 6 h 36 min and then no more", () => {
    let time = now;
    const waits: (number | null)[] = [];
    for (let number = 1; ; number++) {
      const next = nextAttempt(defaultSchedule, number, time, undefined);
      if (!next) break;
      waits.push(next.tierSeconds);
      time = next.dueAt;
    }
    expect(waits).toEqual([60, 300, 1800, 21_600]);
    expect(time - now).toBe((6 * 60 + 36) * 60_000);
  });

  it("waits as long as the receiver asks when that is longer, outside the tiers", () => {
    expect(nextAttempt(defaultSchedule, 1, now, 90_000)).toEqual({ dueAt: now + 90_000, tierSeconds: null });
  });

  it("takes the tier whose delay is exactly what the receiver asks for", () => {
    expect(nextAttempt(defaultSchedule, 1, now, 1_800_000)).toEqual({ dueAt: now + 1_800_000, tierSeconds: 1800 });
  });

  it("never waits shorter than the schedule", () => {
    expect(nextAttempt(defaultSchedule, 2, now, 1000)).toEqual({ dueAt: now + 300_000, tierSeconds: 300 });
    expect(nextAttempt(defaultSchedule, 2, now, 0)).toEqual({ dueAt: now + 300_000, tierSeconds: 300 });
  });

  it("never waits longer than the longest delay", () => {
    const week = 7 * 86_400_000;
    expect(nextAttempt(defaultSchedule, 1, now, week)).toEqual({ dueAt: now + 21_600_000, tierSeconds: 21_600 });
    expect(nextAttempt(defaultSchedule, 4, now, week)).toEqual({ dueAt: now + 21_600_000, tierSeconds: 21_600 });
  });

  it("adds no attempt after the last, whatever the receiver asks", () => {
    expect(nextAttempt(defaultSchedule, 5, now, 60_000)).toBeUndefined();
    expect(nextAttempt(defaultSchedule, 9, now, undefined)).toBeUndefined();
    expect(nextAttempt([0], 1, now, 60_000)).toBeUndefined();
  });

  it("leaves a wait that is no whole number of seconds to Postgres: no stream has that delay", () => {
    expect(nextAttempt([0, 1500], 1, now, undefined)).toEqual({ dueAt: now + 1500, tierSeconds: null });
    expect(nextAttempt([0, 0], 1, now, undefined)).toEqual({ dueAt: now, tierSeconds: null });
  });
});

describe("tiersOf", () => {
  it("is one stream for each distinct delay", () => {
    expect(tiersOf(defaultSchedule)).toEqual([60, 300, 1800, 21_600]);
    expect(tiersOf([0, 60_000, 60_000, 1500, 0])).toEqual([60]);
    expect(tiersOf([0])).toEqual([]);
  });

  it("has a stream for every tier that nextAttempt names", () => {
    const schedule = [0, 400, 1000, 1499, 90_000];
    for (let number = 1; number < schedule.length; number++) {
      const tier = nextAttempt(schedule, number, now, undefined)?.tierSeconds ?? null;
      if (tier !== null) expect(tiersOf(schedule)).toContain(tier);
    }
  });
});

describe("parseRetryAfter", () => {
  it("reads seconds", () => {
    expect(parseRetryAfter("120", now)).toBe(120_000);
    expect(parseRetryAfter(" 0 ", now)).toBe(0);
  });

  it("reads more seconds than anybody waits as very long", () => {
    expect(parseRetryAfter("99999999999999999999", now)).toBeGreaterThan(86_400_000);
    expect(parseRetryAfter("9".repeat(400), now)).toBeGreaterThan(86_400_000);
  });

  it("reads the three date forms of HTTP", () => {
    for (const text of [
      "Thu, 05 Nov 2026 12:01:00 GMT",
      "Thursday, 05-Nov-26 12:01:00 GMT",
      "Thu Nov  5 12:01:00 2026",
    ]) {
      expect(parseRetryAfter(text, now)).toBe(60_000);
    }
  });

  it("takes a date that has passed as no wait", () => {
    expect(parseRetryAfter("Thu, 05 Nov 2020 12:01:00 GMT", now)).toBe(0);
  });

  it("ignores what is neither", () => {
    for (const text of [undefined, "", "soon", "-5", "1.5", "60s", "0x10", "Thu, 99 Nov 2026", "2026-11-05", "1, 2"]) {
      expect(parseRetryAfter(text, now)).toBeUndefined();
    }
  });
});
