import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { formatId, newUuid } from "../../../internal/domain/ids.ts";
import type { Method } from "../../../internal/rpc/method.ts";
import { client } from "../../harness/client.ts";
import { Record } from "../../harness/record.ts";
import { type System, startSystem } from "../../harness/system.ts";
import type { Tenant } from "../../harness/tenant.ts";
import { endpointFields, Granted } from "./granted.ts";
import { named, operations, overGrpc, overHttp } from "./operations.ts";

let system: System;
let record: Record;
let tenant: Tenant;
let granted: Granted;
let http: string;
let grpc: string;
beforeAll(async () => {
  system = await startSystem({ deliveries: 0, env: { MANAGEMENT_OPERATIONS_PER_MINUTE: "100000" } });
  record = new Record(system.databaseUrl);
  tenant = await system.tenant();
  granted = new Granted(system, record, tenant);
  http = system.apis[0]?.http ?? "";
  grpc = system.apis[0]?.grpc ?? "";
});
afterAll(async () => {
  await record?.[Symbol.asyncDispose]();
  await system?.stop();
});

interface Entry {
  id: string;
  createTime: string;
  requestId: string;
  [field: string]: unknown;
}

/** A company's log as the operator reads it, newest first. */
async function log(companyId = tenant.companyId): Promise<Entry[]> {
  const { body } = await client(http, system.adminKey).get<{ entries: Entry[] }>(
    `/v1/companies/${companyId}/audit?pageSize=100`,
  );
  return body.entries;
}

/** The entry of a call. */
async function entryOf(requestId: string, companyId?: string): Promise<Entry | undefined> {
  return (await log(companyId)).find((entry) => entry.requestId === requestId);
}

/** What two entries of the same operation have in common. */
function content(entry: Entry | undefined): object | undefined {
  if (!entry) return undefined;
  const { id: _id, createTime: _time, requestId: _request, ...rest } = entry;
  return rest;
}

const each = operations.map((method) => [method.descriptor.name, method] as const);

describe.each(each)("%s", (name, method) => {
  it("is in the log when it is done, under the request id that the caller got", async () => {
    const { key, fields } = await granted.request(method);
    const { ok, body, requestId } = await overHttp(http, key, method, fields);
    expect([ok, body]).toEqual([true, expect.anything()]);
    const companyId = name === "CreateCompany" ? String(body["id"]) : tenant.companyId;
    const operator = key === system.adminKey;
    expect(await entryOf(requestId, companyId)).toMatchObject({
      companyId,
      actor: operator ? "ADMIN" : "COMPANY_KEY",
      keyId: operator ? "" : expect.stringMatching(/^key_/),
      address: "127.0.0.1",
      method: method.name,
      resourceId: expect.stringMatching(/_/),
      status: "OK",
      reason: "",
    });
    // What is shown once is nowhere in it.
    for (const secret of [body["secret"], body["key"]]) {
      if (secret) expect(JSON.stringify(await log(companyId))).not.toContain(String(secret));
    }
  });

  it("is in the log when it is refused, the same over gRPC and HTTP", async () => {
    const ids = {
      webhook_id: formatId("endpoint", newUuid()),
      delivery_id: formatId("delivery", newUuid()),
      key_id: formatId("apiKey", newUuid()),
      workspace_id: tenant.workspaceId,
      company_id: tenant.companyId,
    };
    const fields = named(method, ids);
    const refusals = [
      await overGrpc(grpc, tenant.workspaceKey, method, fields),
      await overHttp(http, tenant.workspaceKey, method, fields),
    ];
    const [one, other] = await Promise.all(
      refusals.map(async ({ ok, requestId }) => {
        expect(ok).toBe(false);
        return content(await entryOf(requestId));
      }),
    );
    expect(one).toMatchObject({
      companyId: tenant.companyId,
      workspaceId: tenant.workspaceId,
      actor: "WORKSPACE_KEY",
      keyId: expect.stringMatching(/^key_/),
      address: "127.0.0.1",
      method: method.name,
      resourceId: Object.values(fields).at(-1) ?? "",
      changes: [],
      status: "PERMISSION_DENIED",
      reason: "WRONG_KEY_KIND",
    });
    expect(other).toEqual(one);
  });
});

describe("a refused operation", () => {
  const by = (name: string) => operations.find(({ descriptor }) => descriptor.name === name) as Method;

  it("is recorded for its plan, for bad input and for what is not there, with its reason", async () => {
    const free = await system.tenant("FREE");
    const cases: [method: string, fields: JsonObject, reason: string][] = [
      ["CreateWebhookEndpoint", { workspace_id: free.workspaceId, ...endpointFields }, "PLAN_REQUIRED"],
      ["CreateWebhookEndpoint", { workspace_id: free.workspaceId, ...endpointFields, events: [] }, "INVALID_REQUEST"],
      ["DisableWebhookEndpoint", { webhook_id: formatId("endpoint", newUuid()) }, "NOT_FOUND"],
      ["DisableWebhookEndpoint", { webhook_id: "no id" }, "NOT_FOUND"],
    ];
    for (const [name, fields, reason] of cases) {
      for (const { ok, requestId } of [
        await overHttp(http, free.companyKey, by(name), fields),
        await overGrpc(grpc, free.companyKey, by(name), fields),
      ]) {
        expect(ok).toBe(false);
        expect(await entryOf(requestId, free.companyId)).toMatchObject({ method: by(name).name, reason });
      }
    }
  });

  it("on somebody else's resource is in the log of who tried, and in nobody else's", async () => {
    const other = await system.tenant();
    const webhookId = await granted.addEndpoint();
    const { requestId } = await overHttp(http, other.companyKey, by("DisableWebhookEndpoint"), {
      webhook_id: webhookId,
    });
    expect(await entryOf(requestId, other.companyId)).toMatchObject({ resourceId: webhookId, status: "NOT_FOUND" });
    expect(await entryOf(requestId, tenant.companyId)).toBeUndefined();
  });

  it("of the operator is in the log of the company that it was about", async () => {
    const webhookId = await granted.addEndpoint();
    for (const [name, fields] of [
      ["CreateWorkspace", { company_id: tenant.companyId, name: "x", region: "nowhere" }],
      ["CreateProject", { workspace_id: tenant.workspaceId, name: " " }],
      ["DeleteWebhookEndpoint", { webhook_id: webhookId }],
    ] as const) {
      const { ok, requestId } = await overHttp(http, system.adminKey, by(name), fields);
      expect(ok).toBe(false);
      expect(await entryOf(requestId)).toMatchObject({ actor: "ADMIN", keyId: "", method: by(name).name });
    }
  });

  it("without a known key is in no log", async () => {
    const before = await record.query("select id from audit_log");
    const fields = { webhook_id: await granted.addEndpoint() };
    const made = (await record.query("select id from audit_log")).length - before.length;
    expect(made).toBe(1);
    await overHttp(http, "spc_live_nobodys", by("DisableWebhookEndpoint"), fields);
    await overHttp(http, system.adminKey, by("SetPlanTier"), { company_id: formatId("company", newUuid()) });
    expect(await record.query("select id from audit_log")).toHaveLength(before.length + 1);
  });
});
