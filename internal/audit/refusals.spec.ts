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

/** A process' refusals before a record that takes an id once, as Postgres does. */
function start(kept = new Map<string, AuditEntry>()) {
  const errors: string[] = [];
  let asked = 0;
  const refusals = new Refusals({
    record: {
      companyOf: async () => undefined,
      async add(entry) {
        asked++;
        if (!kept.has(entry.id)) kept.set(entry.id, entry);
      },
    },
    onError: (message) => errors.push(message),
  });
  return { refusals, kept, errors, asked: () => asked };
}

describe("refusals", () => {
  it("by the rate limit are kept once a key and minute, whichever process refuses", async () => {
    const one = start();
    const other = start(one.kept);
    const [a, b] = [caller(), caller()];
    for (let i = 0; i < 50; i++) {
      for (const { refusals } of [one, other]) {
        await refusals.add(a, [], limited);
        await refusals.add(b, [], limited);
      }
    }
    // The minute may turn while this runs.
    expect(one.kept.size).toBeLessThanOrEqual(4);
    expect(one.kept.size).toBeGreaterThanOrEqual(2);
    expect(one.asked()).toBeLessThanOrEqual(4);
    for (const { id } of one.kept.values()) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-/);
  });

  it("of other kinds are kept one by one, up to a bound that no flood passes", async () => {
    const { refusals, kept } = start();
    const key = caller();
    for (let i = 0; i < 20; i++) await refusals.add(key, [], denied);
    expect(kept.size).toBe(20);
    for (let i = 0; i < 1000; i++) await refusals.add(key, [], denied);
    expect(kept.size).toBeLessThanOrEqual(202);
  });

  it("that cannot be kept are said to nobody but the operator", async () => {
    const errors: string[] = [];
    const refusals = new Refusals({
      record: {
        companyOf: async () => undefined,
        add: () => Promise.reject(new Error("full")),
      },
      onError: (message) => errors.push(message),
    });
    await refusals.add(caller(), [], denied);
    expect(errors).toEqual(["a refused sealpost.v1.X/Y could not be put into the audit log"]);
  });

  it("because the record does not answer do not ask it again", async () => {
    const { refusals, asked } = start();
    await refusals.add(caller(), [], new DomainError("UNAVAILABLE", "RECORD_UNAVAILABLE", "away"));
    expect(asked()).toBe(0);
  });

  it("of the operator on what nobody has belong to no company", async () => {
    const { refusals, asked } = start();
    await refusals.add({ kind: "admin", origin }, [{ kind: "company", id: newUuid() }], denied);
    expect(asked()).toBe(0);
  });
});
