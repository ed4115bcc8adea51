import { describe, expect, it } from "@jest/globals";
import { RetryPace } from "./retry-pace.ts";

const now = 1_000_000;

describe("the pace of a retry tier", () => {
  it("starts with one message", () => {
    expect(new RetryPace().batch(100, now)).toBe(1);
  });

  it("asks for more while what comes is due, up to what fits", () => {
    const pace = new RetryPace();
    const asked = [];
    for (let i = 0; i < 5; i++) {
      asked.push(pace.batch(10, now));
      pace.due();
    }
    expect(asked).toEqual([1, 2, 4, 8, 10]);
  });

  it("rests until the head is due", () => {
    const pace = new RetryPace();
    pace.due();
    pace.early(now + 300, now);
    expect(pace.batch(100, now + 299)).toBe(0);
    expect(pace.batch(100, now + 310)).toBe(1);
  });

  it("looks again after a second when the head is due much later", () => {
    const pace = new RetryPace();
    pace.early(now + 3_600_000, now);
    expect(pace.batch(100, now + 999)).toBe(0);
    expect(pace.batch(100, now + 1000)).toBe(1);
  });

  it("keeps to the earliest head when a later message comes first", () => {
    const pace = new RetryPace();
    pace.early(now + 1500, now);
    pace.early(now + 60_000, now + 1000);
    expect(pace.restUntil).toBe(now + 1505);
  });

  it("asks quickly again for a head that is due but did not come, then takes it as somebody else's", () => {
    const pace = new RetryPace();
    pace.early(now, now - 10);
    pace.early(now + 60_000, now + 1);
    expect(pace.restUntil).toBe(now + 6);
    pace.early(now + 60_001, now + 200);
    expect(pace.restUntil).toBe(now + 1200);
  });

  it("forgets the rest as soon as something due comes", () => {
    const pace = new RetryPace();
    pace.early(now + 1000, now);
    pace.due();
    expect(pace.batch(100, now)).toBe(2);
  });
});
