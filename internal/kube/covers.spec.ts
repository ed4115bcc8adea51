import { describe, expect, it } from "@jest/globals";
import { covers } from "./covers.ts";

describe("what is observed covers what is wanted", () => {
  const observed = {
    metadata: {
      finalizers: ["theirs", "ours"],
      labels: { a: "1", b: "2" },
      ownerReferences: [{ uid: "1" }, { uid: "2" }],
    },
    spec: { hosts: ["a", "b"], ports: [{ port: 1, name: "x" }], empty: {} },
    conditions: [
      { type: "Ready", status: "True", reason: "Synced" },
      { type: "TheirsToo", status: "False" },
    ],
  };

  it("when every wanted field is there with its value, whatever else is", () => {
    for (const wanted of [
      {},
      observed,
      { metadata: { labels: { b: "2" } } },
      { metadata: { finalizers: ["ours"], ownerReferences: [{ uid: "2" }] } },
      { spec: { hosts: ["a", "b"], empty: {} } },
      { conditions: [{ type: "Ready", status: "True" }] },
      { spec: { absent: undefined } },
    ])
      expect(covers(observed, wanted)).toBe(true);
  });

  it("not when one differs or is missing", () => {
    for (const wanted of [
      { metadata: { labels: { b: "3" } } },
      { metadata: { labels: { c: "3" } } },
      { metadata: { finalizers: ["another"] } },
      { spec: { hosts: ["b", "a"] } },
      { spec: { hosts: ["a"] } },
      { spec: { ports: [{ port: 1 }] } },
      { spec: { empty: { a: 1 } } },
      { spec: "text" },
      { spec: null },
      { conditions: [{ type: "Ready", status: "False" }] },
      { conditions: [{ type: "Healthy", status: "True" }] },
    ])
      expect(covers(observed, wanted)).toBe(false);
    expect(covers(undefined, {})).toBe(false);
    expect(covers([], {})).toBe(false);
    expect(covers({}, [])).toBe(false);
  });
});
