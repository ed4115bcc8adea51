import { describe, expect, it } from "@jest/globals";
import type { PublishInput } from "./api.ts";
import { auditData } from "./audit.ts";
import { validatePublish } from "./validate.ts";

const none = new Uint8Array();
const empty: PublishInput = {
  eventType: "",
  data: none,
  projectId: "",
  idempotencyKey: "",
  category: "",
  action: "",
  actor: none,
  target: none,
  metadata: none,
  occurredAt: undefined,
  traceparent: undefined,
};

function input(fields: Partial<Record<keyof PublishInput, string>>): PublishInput {
  const json = ["data", "actor", "target", "metadata"];
  const entries = Object.entries(fields).map(([key, value]) => [key, json.includes(key) ? Buffer.from(value) : value]);
  return { ...empty, ...Object.fromEntries(entries) };
}

function refused(fields: Parameters<typeof input>[0]): string[] {
  try {
    validatePublish(input(fields));
  } catch (error) {
    const details = (error as { details: { fieldViolations: { field: string }[] } }).details;
    return details.fieldViolations.map((violation) => violation.field);
  }
  return [];
}

describe("what may be published", () => {
  it("is a typed event or an audit event", () => {
    expect(refused({ eventType: "invoice.paid", data: "[1]" })).toEqual([]);
    expect(refused({ category: "user", action: "login", actor: '{"email":"user@example.com"}' })).toEqual([]);
  });

  it("is refused with everything that is wrong", () => {
    expect(refused({})).toEqual(["event_type", "data"]);
    expect(refused({ category: "user" })).toEqual(["action", "actor"]);
    expect(refused({ category: "user", action: "a", actor: "1", data: "1" })).toEqual(["data"]);
    expect(refused({ eventType: "invoice..paid", data: "{" })).toEqual(["event_type", "data"]);
    expect(refused({ eventType: "AUDIT_EVENT_CREATED", data: "{}" })).toEqual(["category"]);
    expect(refused({ eventType: "a", data: "1", idempotencyKey: "a\u0000b" })).toEqual(["idempotency_key"]);
  });

  it("has at most 256 KiB of JSON", () => {
    const text = (bytes: number) => JSON.stringify("x".repeat(bytes - 2));
    expect(refused({ eventType: "a", data: text(256 * 1024) })).toEqual([]);
    expect(() => validatePublish(input({ eventType: "a", data: text(256 * 1024 + 1) }))).toThrow(
      expect.objectContaining({ status: "RESOURCE_EXHAUSTED", reason: "EVENT_TOO_LARGE" }),
    );
  });
});

describe("an audit event's data", () => {
  it("keeps the order and the exact text of what was given", () => {
    const given = input({
      category: "user",
      action: 'say "hi"',
      actor: '{"id":12345678901234567890}',
      metadata: "{ }",
    });
    expect(auditData(given, new Date(0)).toString()).toBe(
      '{"category":"user","action":"say \\"hi\\"","actor":{"id":12345678901234567890},"metadata":{ },' +
        '"occurredAt":"1970-01-01T00:00:00.000Z"}',
    );
  });
});
