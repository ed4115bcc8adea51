import { describe, expect, it } from "@jest/globals";
import { auditDone, auditRefused, changesBetween, hiddenChange } from "./audit.ts";
import type { Caller } from "./caller.ts";
import { DomainError } from "./errors.ts";
import { newUuid, uuidTime } from "./ids.ts";

const origin = { address: "192.0.2.1", requestId: "r", method: "sealpost.v1.X/Y" };
const companyId = newUuid();
const keyId = newUuid();
const caller: Caller = { kind: "company", keyId, companyId, origin };

describe("changes", () => {
  it("are the fields that differ, with what stood before and what stands after", () => {
    const before = { url: "https://a.example", events: ["a", "b"], status: "ACTIVE", disabled_reason: null };
    const after = { url: "https://a.example", events: ["a"], status: "DISABLED", disabled_reason: "BY_REQUEST" };
    expect(changesBetween(before, after)).toEqual([
      { field: "events", before: ["a", "b"], after: ["a"] },
      { field: "status", before: "ACTIVE", after: "DISABLED" },
      { field: "disabled_reason", after: "BY_REQUEST" },
    ]);
    expect(changesBetween(before, { ...before, events: ["a", "b"] })).toEqual([]);
  });

  it("of what is made or deleted are its fields, without those that have no value", () => {
    const fields = { name: "Acme", expire_time: null };
    expect(changesBetween(undefined, fields)).toEqual([{ field: "name", after: "Acme" }]);
    expect(changesBetween(fields, undefined)).toEqual([{ field: "name", before: "Acme" }]);
  });
});

describe("an entry", () => {
  it("says who, from where, what and when", () => {
    const resource = { kind: "company", id: companyId } as const;
    const entry = auditDone(caller, { companyId, resource }, [hiddenChange("secret")]);
    expect(entry).toMatchObject({
      companyId,
      workspaceId: null,
      actor: { kind: "company", keyId },
      origin,
      resource,
      changes: [{ field: "secret", hidden: true }],
      outcome: { status: "OK", reason: "" },
    });
    expect(entry.createdAt.getTime()).toBe(uuidTime(entry.id));
    expect(auditDone({ kind: "admin", origin }, { companyId, resource }, []).actor).toEqual({
      kind: "admin",
      keyId: null,
    });
  });

  it("of a refusal has its status and reason and no changes; nothing of an unforeseen error is kept", () => {
    const refusal = new DomainError("PERMISSION_DENIED", "PLAN_REQUIRED", "no");
    expect(auditRefused(caller, { companyId, resource: null }, refusal)).toMatchObject({
      changes: [],
      outcome: { status: "PERMISSION_DENIED", reason: "PLAN_REQUIRED" },
    });
    expect(auditRefused(caller, { companyId, resource: null }, new Error("secret")).outcome).toEqual({
      status: "INTERNAL",
      reason: "INTERNAL",
    });
  });
});
