import { describe, expect, it } from "@jest/globals";
import type { AuditEntry } from "../domain/audit.ts";
import type { Caller } from "../domain/caller.ts";
import { DomainError } from "../domain/errors.ts";
import { newUuid } from "../domain/ids.ts";
import { Refusals } from "./refusals.ts";

const origin = { address: "192.0.2.1", requestId: "r", method: "sealpost.v1.X/Y" };
const limited = new DomainError("RESOURCE_EXHAUSTED", "RATE_LIMITED", "slower");
const denied = new DomainError("PERMISSION_DENIED", "PLAN_REQUIRED", "no");

function caller(): Caller {
  return { kind: "company", keyId: newUuid(), companyId: newUuid(), origin };
}

/** Refusals before a record that says what it was asked to keep. */
function start() {
  const each: AuditEntry[] = [];
  const once: AuditEntry[] = [];
  const errors: string[] = [];
  const refusals = new Refusals({
    record: {
      companyOf: async () => undefined,
      add: async (entry) => void each.push(entry),
      addOnce: async (entry, withinMs) => {
        expect(withinMs).toBe(60_000);
        once.push(entry);
      },
    },
    onError: (message) => errors.push(message),
  });
  return { refusals, each, once, errors };
}

describe("refusals", () => {
  it("by the rate limit are brought to the record once a key and minute", async () => {
    const { refusals, each, once } = start();
    const [a, b] = [caller(), caller()];
    await Promise.all(Array.from({ length: 50 }, (_, i) => refusals.add(i % 2 ? a : b, [], limited)));
    expect(each).toEqual([]);
    expect(once).toHaveLength(2);
  });

  it("of other kinds are kept one by one, up to a bound that no flood passes", async () => {
    const { refusals, each, once } = start();
    const key = caller();
    for (let i = 0; i < 20; i++) await refusals.add(key, [], denied);
    expect([each.length, once.length]).toEqual([20, 0]);
    for (let i = 0; i < 1000; i++) await refusals.add(key, [], denied);
    // The minute may turn while this runs.
    expect(each.length).toBeLessThanOrEqual(200);
    expect(once).toHaveLength(1);
  });

  it("that cannot be kept are said to nobody but the operator", async () => {
    const errors: string[] = [];
    const refusals = new Refusals({
      record: {
        companyOf: async () => undefined,
        add: () => Promise.reject(new Error("full")),
        addOnce: () => Promise.reject(new Error("full")),
      },
      onError: (message) => errors.push(message),
    });
    await refusals.add(caller(), [], denied);
    expect(errors).toEqual(["a refused sealpost.v1.X/Y could not be put into the audit log"]);
  });

  it("because the record does not answer do not ask it again", async () => {
    const { refusals, each } = start();
    await refusals.add(caller(), [], new DomainError("UNAVAILABLE", "RECORD_UNAVAILABLE", "away"));
    expect(each).toEqual([]);
  });

  it("of the operator on what nobody has belong to no company", async () => {
    const { refusals, each } = start();
    await refusals.add({ kind: "admin", origin }, [{ kind: "company", id: newUuid() }], denied);
    expect(each).toEqual([]);
  });
});
