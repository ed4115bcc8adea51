import { describe, expect, it } from "@jest/globals";
import { type Condition, conditionsOf, type Finding } from "./conditions.ts";

const ready: Finding = { type: "Ready", status: "True", reason: "Synced", message: "the endpoint is as the spec says" };
const then = new Date("2026-11-05T12:00:00.900Z");
const later = new Date("2026-11-05T12:05:00Z");

describe("conditions", () => {
  const before = conditionsOf([ready], 1, [], then);

  it("tell of which generation they are and since when, in whole seconds", () => {
    expect(before).toEqual([{ ...ready, observedGeneration: 1, lastTransitionTime: "2026-11-05T12:00:00Z" }]);
  });

  it("keep their time while the status is the same, whatever is said about it", () => {
    const changed = { ...ready, reason: "Adopted", message: "as before" };
    expect(conditionsOf([changed], 2, before, later)).toEqual([
      { ...changed, observedGeneration: 2, lastTransitionTime: "2026-11-05T12:00:00Z" },
    ]);
    expect(conditionsOf([ready], 1, before, later)).toEqual(before);
  });

  it("have a new time when the status changes", () => {
    const failed: Finding = { ...ready, status: "False", reason: "Refused", message: "the plan has no endpoints" };
    expect(conditionsOf([failed], 1, before, later)).toEqual([
      { ...failed, observedGeneration: 1, lastTransitionTime: "2026-11-05T12:05:00Z" },
    ]);
  });

  it("of a newer generation stay: they were written by one who has seen more", () => {
    const newer: Condition[] = [{ ...(before[0] as Condition), status: "False", observedGeneration: 5 }];
    expect(conditionsOf([ready], 4, newer, later)).toEqual(newer);
  });

  it("of other types are left to those who write them", () => {
    const theirs: Condition = { ...(before[0] as Condition), type: "Audited" };
    expect(conditionsOf([ready], 1, [...before, theirs], later).map(({ type }) => type)).toEqual(["Ready"]);
  });
});
