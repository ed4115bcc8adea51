import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Client, client } from "../../harness/client.ts";
import { type System, startSystem } from "../../harness/system.ts";
import type { Tenant } from "../../harness/tenant.ts";
import { until } from "../../harness/wait.ts";

let system: System;
let tenant: Tenant;
let admin: Client;
beforeAll(async () => {
  system = await startSystem({ apis: 2, deliveries: 0 });
  tenant = await system.tenant();
  admin = client(at(0), system.adminKey);
});
afterAll(() => system?.stop());

interface Key {
  id: string;
  key: string;
}

const at = (i: number) => system.apis[i]?.http ?? "";
const keys = () => `/v1/companies/${tenant.companyId}/keys`;
const endpoints = () => `/v1/workspaces/${tenant.workspaceId}/webhooks`;

describe("a key", () => {
  it("may be made with fewer permissions and other limits, which are shown; itself it is shown once", async () => {
    const wanted = { permissions: ["READ_ENDPOINTS", "READ_DELIVERIES"], operationsPerMinute: 100, readsPerMinute: 50 };
    const { body: made } = await admin.post<Key>(keys(), { name: "reads", ...wanted });
    expect(made).toMatchObject({ key: expect.stringMatching(/^spc_live_/), ...wanted });
    const { body } = await admin.get<{ apiKeys: Key[] }>(keys());
    expect(body.apiKeys.find(({ id }) => id === made.id)).toMatchObject({ key: "", ...wanted });
    const plain = body.apiKeys.find(({ id }) => id !== made.id);
    expect(plain).toMatchObject({ permissions: [] });

    const reader = client(at(1), made.key);
    expect((await reader.get(endpoints())).status).toBe(200);
    const refused = await reader.post(endpoints(), { url: "http://localhost:3001", events: ["*"] });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("PERMISSION_MISSING");
    expect(refused.text).toContain(`needs the permission WRITE_ENDPOINTS, and key ${made.id} was made with`);
  });

  it("cannot be made with more than its kind allows", async () => {
    for (const [more, permissions, index] of [
      [{}, ["READ_ENDPOINTS", "PUBLISH_EVENTS"], 1],
      [{}, ["MANAGE_TENANTS"], 0],
      [{ workspaceId: tenant.workspaceId }, ["WRITE_ENDPOINTS"], 0],
      [{}, ["NO_PERMISSION"], 0],
    ] as const) {
      const refused = await admin.post(keys(), { name: "x", permissions, ...more });
      expect([permissions, refused.status]).toEqual([permissions, 400]);
      expect(refused.text).toContain(`permissions[${index}]`);
    }
    expect((await admin.post(keys(), { name: "x", permissions: ["READ_AUDIT", "READ_AUDIT"] })).status).toBe(400);
    expect((await admin.post(keys(), { name: "x", operationsPerMinute: -1 })).status).toBe(400);
  });

  it("is refused on every process within 5 s of its end", async () => {
    const { body: made } = await admin.post<Key>(keys(), { name: "ends", readsPerMinute: 10_000 });
    const both = [0, 1].map((i) => client(at(i), made.key));
    for (const company of both) expect((await company.get(endpoints())).status).toBe(200);
    await admin.post(`/v1/keys/${made.id}/revoke`);
    for (const company of both) {
      const refused = async () => {
        const answer = await company.get(endpoints());
        return answer.status === 401 && answer.text.includes("KEY_REVOKED");
      };
      // 5 s, and what a busy machine is late by.
      await until(refused, { timeoutMs: 30_000, what: "the key to be refused" });
    }
  });
});

describe("without an admin key", () => {
  it("nobody makes tenants: not with an empty key, not with any other, and it is said why", async () => {
    const without = await system.addApi({ SEALPOST_ADMIN_KEY: "" });
    for (const [key, status] of [
      [undefined, 401],
      ["", 401],
      ["undefined", 401],
      [system.adminKey, 401],
      [tenant.companyKey, 403],
      [tenant.workspaceKey, 403],
    ] as const) {
      for (const answer of [
        await client(without.http, key).post("/v1/companies", { name: "Mine", planTier: "ENTERPRISE" }),
        await client(without.http, key).get("/v1/companies"),
      ]) {
        expect([key, answer.status]).toEqual([key, status]);
        if (key) expect(answer.text).toContain("SEALPOST_ADMIN_KEY");
      }
    }
    expect((await client(without.http, tenant.companyKey).get(endpoints())).status).toBe(200);
  });
});
