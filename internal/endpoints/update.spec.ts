import { describe, expect, it } from "@jest/globals";
import type { Endpoint } from "../domain/entities.ts";
import { newUuid } from "../domain/ids.ts";
import { noAllowance } from "../network/allowance.ts";
import { OutgoingRules } from "../network/outgoing-rules.ts";
import type { UpdateEndpointInput } from "./api.ts";
import { changeTo, readUpdate } from "./update.ts";

const policy = { rules: new OutgoingRules({ development: true, deny: [] }), allowance: noAllowance };
const nothing: UpdateEndpointInput = {
  webhookId: "",
  updateMask: [],
  url: undefined,
  events: [],
  description: undefined,
  maxInFlight: undefined,
  etag: "",
};
const current: Endpoint = {
  id: newUuid(),
  workspaceId: newUuid(),
  projectId: null,
  region: "us",
  url: "http://localhost:3001",
  events: ["invoice.paid"],
  description: "books",
  status: "ACTIVE",
  disabledReason: null,
  maxInFlight: 8,
  managedBy: null,
  keys: [],
  headerNames: ["authorization", "x-tenant"],
  headersVersion: 1,
  etag: "3",
  createdAt: new Date(),
  updatedAt: new Date(),
  statistics: {
    attempts: 0,
    succeeded: 0,
    failed: 0,
    consecutiveFailures: 0,
    lastSuccessAt: null,
    lastFailureAt: null,
    lastStatus: null,
  },
};
const read = (input: Partial<UpdateEndpointInput>) => readUpdate({ ...nothing, ...input }, policy);

describe("readUpdate", () => {
  it("takes what is present where there is no mask", () => {
    expect(read({ description: "", maxInFlight: 3 })).toEqual({ description: "", max_in_flight: 3 });
  });

  it("takes headers as a whole, in lower case; an empty value only where there is one", () => {
    const headers = (input: Partial<UpdateEndpointInput>) =>
      readUpdate({ ...nothing, ...input }, policy, current.headerNames).headers;
    expect(headers({ headers: { "X-Tenant": "", "X-New": "1" } })).toEqual({ "x-new": "1", "x-tenant": "" });
    expect(headers({ updateMask: ["headers"] })).toEqual({});
    expect(() => headers({ headers: { "x-other": "" } })).toThrow("has no value");
    expect(() => headers({ headers: { host: "x" } })).toThrow("cannot be set");
  });

  it("takes only what the mask names", () => {
    expect(read({ updateMask: ["url"], url: "https://example.com", events: ["a"] })).toEqual({
      url: "https://example.com",
    });
  });

  it("gives a named field without a value its default, where it has one", () => {
    expect(read({ updateMask: ["description", "max_in_flight"] })).toEqual({ description: "", max_in_flight: 64 });
    expect(() => read({ updateMask: ["url"] })).toThrow("url: must be an absolute URL");
    expect(() => read({ updateMask: ["events"] })).toThrow("events: must name at least one event type");
  });

  it.each([
    [{ updateMask: ["url", "secret", "statistics.failed"] }, "update_mask: has no field secret, statistics.failed"],
    [{}, "update_mask: nothing to change"],
    [{ events: ["*", "invoice.paid"] }, 'events: "*" stands for all event types'],
    [{ events: ["invoice..paid"] }, 'events: "invoice..paid" is not an event type'],
    [{ events: ["a", "b", "a"] }, "events: names a twice"],
    [{ events: Array.from({ length: 101 }, (_, i) => `e${i}`) }, "events: must name at most 100"],
    [{ maxInFlight: 0 }, "max_in_flight: must be 1 to 1000"],
    [{ description: "\u202egnirts" }, "description: must not contain control characters"],
    [{ url: "nowhere", description: "x".repeat(1025) }, /^url: .*; description: must have at most 1024/],
  ])("refuses %j", (input, message) => {
    expect(() => read(input)).toThrow(message);
  });
});

describe("changeTo", () => {
  it("is nothing when everything is as wanted", () => {
    const wanted = { url: current.url, events: ["invoice.paid"], description: "books", max_in_flight: 8 };
    expect(changeTo(wanted, "", current)).toBeUndefined();
    expect(changeTo(wanted, "3", current)).toBeUndefined();
  });

  it("is what differs", () => {
    expect(changeTo({ description: "", max_in_flight: 8 }, "3", current)).toEqual({ description: "" });
  });

  it("refuses when the endpoint is not the one that was read", () => {
    expect(() => changeTo({ description: "" }, "2", current)).toThrow("read it again");
  });
});
