import { describe, expect, it } from "@jest/globals";
import { RetryPace } from "./retry-pace.ts";

const now = 1_000_000;

describe("the pace of a retry tier", () => {
  it("starts with one message", () => {
    expect(new RetryPace().batch(100, now)).toBe(1);
  });

  it("asks for more while what comes is due, up to what fits, and for one again when there is no more", () => {
    const pace = new RetryPace();
    const asked = [];
    for (let i = 0; i < 5; i++) {
      asked.push(pace.batch(10, now));
      pace.due();
    }
    expect(asked).toEqual([1, 2, 4, 8, 10]);
    pace.empty();
    expect(pace.batch(10, now)).toBe(1);
  });

  it("rests until the head is due", () => {
    const pace = new RetryPace();
    pace.due();
    pace.early(now + 300, now);
    expect(pace.batch(100, now + 299)).toBe(0);
    expect(pace.batch(100, now + 300)).toBe(1);
  });

  it("looks again after a second when the head is due much later", () => {
    const pace = new RetryPace();
    pace.early(now + 3_600_000, now);
    expect(pace.batch(100, now + 999)).toBe(0);
    expect(pace.batch(100, now + 1000)).toBe(1);
  });

  it("rests until the first of several that came early", () => {
    const pace = new RetryPace();
    pace.early(now + 500, now);
    pace.early(now + 200, now);
    pace.early(now + 900, now);
    expect(pace.restUntil).toBe(now + 200);
  });

  it("keeps a head that is due soon and sends back one that is not", () => {
    const pace = new RetryPace();
    expect(pace.early(now + 1500, now)).toBe("keep");
    expect(pace.early(now + 1501, now)).toBe("sendBack");
  });

  it("forgets the rest as soon as something due comes", () => {
    const pace = new RetryPace();
    pace.early(now + 1000, now);
    pace.due();
    expect(pace.batch(100, now)).toBe(2);
  });
});
