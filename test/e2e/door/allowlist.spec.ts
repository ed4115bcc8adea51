import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Client, client } from "../../harness/client.ts";
import { grpcClients } from "../../harness/grpc-clients.ts";
import { type System, startSystem } from "../../harness/system.ts";
import type { Tenant } from "../../harness/tenant.ts";
import { until } from "../../harness/wait.ts";

let system: System;
let tenant: Tenant;
let admin: Client;
beforeAll(async () => {
  // Two processes that nobody stands before, and one behind a proxy: this test.
  system = await startSystem({ apis: 2, deliveries: 0 });
  await system.addApi({ TRUSTED_PROXIES: "127.0.0.0/8,fd00::/8" });
  tenant = await system.tenant();
  admin = client(at(0), system.adminKey);
});
afterAll(() => system?.stop());

const at = (i: number) => system.apis[i]?.http ?? "";
const endpoints = () => `/v1/workspaces/${tenant.workspaceId}/webhooks`;
const loopback = ["127.0.0.0/8", "::1"];

async function allow(cidrs: string[]): Promise<void> {
  const set = await admin.post(`/v1/companies/${tenant.companyId}/ip-allowlist`, { cidrs });
  expect(set.status).toBe(200);
}

/** Waits until a process has the list that `allow` set: 5 s at most, and what a busy machine is late by. */
const reaches = (status: number, i: number, headers: Record<string, string> = {}) =>
  until(async () => (await client(at(i), tenant.companyKey).get(endpoints(), headers)).status === status, {
    timeoutMs: 30_000,
    what: `process ${i} to answer ${status}`,
  });

describe("a company's IP allowlist", () => {
  it("is set in plain form and shown, or refused with what is wrong", async () => {
    const path = `/v1/companies/${tenant.companyId}`;
    const set = await admin.post(`${path}/ip-allowlist`, { cidrs: ["127.0.0.0/8", "::1", "::ffff:10.0.0.0/104"] });
    const ipAllowlist = ["127.0.0.0/8", "::1/128", "10.0.0.0/8"];
    expect(set).toMatchObject({ status: 200, body: { ipAllowlist } });
    expect((await admin.get(path)).body).toMatchObject({ ipAllowlist });
    const refused = await admin.post(`${path}/ip-allowlist`, { cidrs: ["10.0.0.0/8", "10.1.2.3/8", "example.com"] });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("cidrs[1]");
    expect(refused.text).toContain("cidrs[2]");
    const many = await admin.post(`${path}/ip-allowlist`, { cidrs: Array.from({ length: 201 }, () => "::1") });
    expect(many.status).toBe(400);
    expect((await admin.get(path)).body).toMatchObject({ ipAllowlist });
    expect((await client(at(0), tenant.companyKey).post(`${path}/ip-allowlist`, { cidrs: [] })).status).toBe(403);
  });

  it("lets nobody manage while it is empty, reads too, on every process within 5 s; publishing and the operator go on", async () => {
    await allow([]);
    for (const i of [0, 1]) await reaches(403, i);
    const company = client(at(0), tenant.companyKey);
    const refusals = [
      await company.get(endpoints()),
      await company.post(endpoints(), { url: "http://localhost:3001", events: ["*"] }),
    ];
    for (const { status, text } of refusals) {
      expect(status).toBe(403);
      expect(text).toContain("ADDRESS_NOT_ALLOWED");
      expect(text).toContain("came from 127.0.0.1, and the company's IP allowlist is empty");
      expect(text).toContain(`POST /v1/companies/${tenant.companyId}/ip-allowlist`);
    }
    const grpc = grpcClients(system.apis[0]?.grpc ?? "", tenant.companyKey);
    await expect(grpc.endpoints.listWebhookEndpoints({ workspaceId: tenant.workspaceId })).rejects.toMatchObject({
      code: 7,
      details: expect.stringContaining("came from 127.0.0.1"),
    });
    grpc.close();
    const publisher = client(at(0), tenant.workspaceKey);
    expect((await publisher.post("/v1/events", { eventType: "a", data: 1 })).status).toBe(200);
    expect((await admin.get(`/v1/companies/${tenant.companyId}`)).status).toBe(200);
    await allow(loopback);
    for (const i of [0, 1]) await reaches(200, i);
  });

  it("goes by what a trusted proxy says, not by what a caller writes", async () => {
    await allow(["203.0.113.0/24"]);
    const forwarded = (value: string) => ({ "x-forwarded-for": value });
    await reaches(200, 2, forwarded("203.0.113.9"));
    await reaches(403, 0);
    const ask = async (i: number, headers: Record<string, string>) =>
      (await client(at(i), tenant.companyKey).get(endpoints(), headers)).status;
    // Nobody stands before the first process: the header is the caller's own.
    expect(await ask(0, forwarded("203.0.113.9"))).toBe(403);
    for (const [value, status] of [
      ["203.0.113.9", 200],
      ["::ffff:203.0.113.9", 200],
      ["198.51.100.1, 203.0.113.9", 200],
      ["203.0.113.9, fd00::1, 127.0.0.2", 200],
      ["203.0.113.9, 198.51.100.1", 403],
      ["203.0.113.9, 198.51.100.1, 127.0.0.2", 403],
      ["203.0.113.9:4711", 403],
      ["203.0.113.9,", 403],
      ["203.0.113.9, unknown", 403],
      ["127.0.0.1", 403],
    ] as const) {
      expect([value, await ask(2, forwarded(value))]).toEqual([value, status]);
    }
    expect(await ask(2, {})).toBe(403);
    await allow(loopback);
    for (const i of [0, 1]) await reaches(200, i);
  });
});
