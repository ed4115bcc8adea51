import { describe, expect, it } from "@jest/globals";
import { claim, type LeaseSpec, released } from "./lease.ts";

const now = Date.parse("2026-11-05T12:00:00.123Z");
const later = now + 2000;
const me = { identity: "pod-1", durationMs: 15_000 };
const mine = claim(undefined, me, 0, now) as LeaseSpec;

describe("a claim to a lease", () => {
  it("makes one where there is none, with six digits below the second", () => {
    expect(mine).toEqual({
      holderIdentity: "pod-1",
      leaseDurationSeconds: 15,
      acquireTime: "2026-11-05T12:00:00.123000Z",
      renewTime: "2026-11-05T12:00:00.123000Z",
      leaseTransitions: 0,
    });
  });

  it("renews one's own, also after a long pause in which nobody took it", () => {
    for (const unchangedMs of [2000, 60_000])
      expect(claim(mine, me, unchangedMs, later)).toEqual({ ...mine, renewTime: "2026-11-05T12:00:02.123000Z" });
  });

  it("waits for another one's until that one has not renewed it for as long as it promised", () => {
    const other = { identity: "pod-2", durationMs: 8_000 };
    expect(claim(mine, other, 14_999, later)).toBeUndefined();
    expect(claim(mine, other, 15_000, later)).toEqual({
      holderIdentity: "pod-2",
      leaseDurationSeconds: 8,
      acquireTime: "2026-11-05T12:00:02.123000Z",
      renewTime: "2026-11-05T12:00:02.123000Z",
      leaseTransitions: 1,
    });
  });

  it("takes a released one at once", () => {
    const free = released(mine, now);
    expect(free).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 0 });
    expect(claim(free, { identity: "pod-2", durationMs: 15_000 }, 0, later)).toMatchObject({
      holderIdentity: "pod-2",
      leaseTransitions: 1,
    });
  });
});
