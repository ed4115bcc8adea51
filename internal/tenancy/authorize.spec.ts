import { describe, expect, it } from "@jest/globals";
import type { Caller } from "../domain/caller.ts";
import { authorize, declared } from "./authorize.ts";

const origin = { address: "127.0.0.1", requestId: "r", method: "sealpost.v1.EventService/GetEvent" };
const keyId = "019b0000-0000-7000-8000-000000000000";
const admin: Caller = { kind: "admin", origin };
const company: Caller = { kind: "company", keyId, companyId: "c", origin };
const workspace: Caller = { kind: "workspace", keyId, companyId: "c", workspaceId: "w", origin };
const publish = { permission: "PUBLISH_EVENTS", operation: "PUBLISH" } as const;
const read = { permission: "READ_EVENTS", operation: "READ" } as const;

describe("authorize", () => {
  it("lets in whose key allows it, and tells the others which key is needed", () => {
    expect(() => authorize(workspace, publish, undefined)).not.toThrow();
    for (const other of [admin, company]) {
      expect(() => authorize(other, publish, undefined)).toThrow("needs a workspace key");
    }
    expect(() => authorize(company, read, undefined)).not.toThrow();
    expect(() => authorize(workspace, read, undefined)).not.toThrow();
    expect(() => authorize(admin, read, undefined)).toThrow(
      "GetEvent needs a company key or a workspace key; this is the admin key",
    );
  });

  it("refuses what a key was made without, and says what it was made with", () => {
    expect(() => authorize(company, read, new Set(["READ_EVENTS"]))).not.toThrow();
    expect(() => authorize(company, read, new Set(["READ_ENDPOINTS", "READ_AUDIT"]))).toThrow(
      "needs the permission READ_EVENTS, and key key_01kc000000e008000000000000 was made with READ_ENDPOINTS, READ_AUDIT only",
    );
  });

  it("gives no key more than its kind allows", () => {
    expect(() => authorize(company, publish, new Set(["PUBLISH_EVENTS"]))).toThrow("needs a workspace key");
  });
});

describe("declared", () => {
  it("refuses everybody where nothing is declared", () => {
    expect(declared(company, read)).toBe(read);
    for (const caller of [admin, company, workspace]) {
      expect(() => declared(caller, undefined)).toThrow("GetEvent declares no permission, so nobody may call it");
    }
  });
});
