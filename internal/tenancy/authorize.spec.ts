import { describe, expect, it } from "@jest/globals";
import type { Caller } from "../domain/caller.ts";
import { authorize } from "./authorize.ts";

const origin = { address: "127.0.0.1", requestId: "r", method: "sealpost.v1.EventService/GetEvent" };
const admin: Caller = { kind: "admin", origin };
const company: Caller = { kind: "company", keyId: "k", companyId: "c", origin };
const workspace: Caller = { kind: "workspace", keyId: "k", companyId: "c", workspaceId: "w", origin };

describe("authorize", () => {
  it("lets in whose key allows it, and tells the others which key is needed", () => {
    const publish = { permission: "PUBLISH_EVENTS", operation: "PUBLISH" } as const;
    expect(() => authorize(workspace, publish)).not.toThrow();
    for (const other of [admin, company]) expect(() => authorize(other, publish)).toThrow("needs a workspace key");
    const read = { permission: "READ_EVENTS", operation: "READ" } as const;
    expect(() => authorize(company, read)).not.toThrow();
    expect(() => authorize(workspace, read)).not.toThrow();
    expect(() => authorize(admin, read)).toThrow(
      "GetEvent needs a company key or a workspace key; this is the admin key",
    );
  });

  it("refuses everybody where nothing is declared", () => {
    for (const caller of [admin, company, workspace]) {
      expect(() => authorize(caller, undefined)).toThrow("GetEvent declares no permission, so nobody may call it");
    }
  });
});
