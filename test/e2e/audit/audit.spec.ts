import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { formatId, newUuid, parseId } from "../../../internal/domain/ids.ts";
import type { Method } from "../../../internal/rpc/method.ts";
import { client } from "../../harness/client.ts";
import { Record } from "../../harness/record.ts";
import { type System, startSystem } from "../../harness/system.ts";
import type { Tenant } from "../../harness/tenant.ts";
import { addJobs } from "../../integration/management/jobs.ts";
import { named, operations, overGrpc, overHttp } from "./operations.ts";

let system: System;
let record: Record;
let tenant: Tenant;
let http: string;
let grpc: string;
beforeAll(async () => {
  system = await startSystem({ deliveries: 0, env: { MANAGEMENT_OPERATIONS_PER_MINUTE: "100000" } });
  record = new Record(system.databaseUrl);
  tenant = await system.tenant();
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

const endpointFields = { url: "https://example.com/hook", events: ["*"] };
const managedBy = { cluster: "c", namespace: "n", name: "r", uid: "u-1" };

async function addEndpoint(fields: object = {}): Promise<string> {
  const path = `/v1/workspaces/${tenant.workspaceId}/webhooks`;
  const made = await client(http, tenant.companyKey).post<{ id: string }>(path, { ...endpointFields, ...fields });
  if (made.status !== 200) throw new Error(`no endpoint: ${made.text}`);
  return made.body.id;
}

async function addDelivery(webhookId: string): Promise<string> {
  const [job] = await addJobs(record, parseId("endpoint", webhookId) ?? "", ["FAILED"]);
  return formatId("delivery", job?.id ?? "");
}

/** A request that each operation grants; a new operation needs one here. */
const granted: { [method: string]: () => Promise<JsonObject> } = {
  CreateWebhookEndpoint: async () => ({ workspace_id: tenant.workspaceId, ...endpointFields }),
  UpdateWebhookEndpoint: async () => ({ webhook_id: await addEndpoint(), description: "another" }),
  RotateWebhookEndpointSecret: async () => ({ webhook_id: await addEndpoint(), overlap: "60s" }),
  EnableWebhookEndpoint: async () => ({ webhook_id: await addEndpoint() }),
  DisableWebhookEndpoint: async () => ({ webhook_id: await addEndpoint() }),
  DeleteWebhookEndpoint: async () => ({ webhook_id: await addEndpoint() }),
  AdoptWebhookEndpoint: async () => ({ webhook_id: await addEndpoint(), managed_by: managedBy }),
  ReleaseWebhookEndpoint: async () => ({
    webhook_id: await addEndpoint({ managedBy: { ...managedBy, uid: "u-2" } }),
    manager_uid: "u-2",
  }),
  RetryDelivery: async () => ({ delivery_id: await addDelivery(await addEndpoint()) }),
  CreateCompany: async () => ({ name: "Another", plan_tier: "FREE" }),
  SetPlanTier: async () => ({ company_id: tenant.companyId, plan_tier: "ENTERPRISE" }),
  SetDeliveryNetworks: async () => ({
    company_id: tenant.companyId,
    networks: [{ name: "services", cidr: "10.96.0.0/12" }],
  }),
  SetIpAllowlist: async () => ({ company_id: tenant.companyId, cidrs: ["127.0.0.0/8", "::1", "192.0.2.0/24"] }),
  CreateWorkspace: async () => ({ company_id: tenant.companyId, name: "Another", region: "us" }),
  CreateProject: async () => ({ workspace_id: tenant.workspaceId, name: "Another" }),
  CreateApiKey: async () => ({ company_id: tenant.companyId, name: "another" }),
  RevokeApiKey: async () => {
    const path = `/v1/companies/${tenant.companyId}/keys`;
    const { body } = await client(http, system.adminKey).post<{ id: string }>(path, { name: "one to revoke" });
    return { key_id: body.id };
  },
};

/** Whose key an operation takes. */
const keyFor = ({ descriptor }: Method) =>
  descriptor.parent.name === "TenantService" ? system.adminKey : tenant.companyKey;

const each = operations.map((method) => [method.descriptor.name, method] as const);

describe.each(each)("%s", (name, method) => {
  it("is in the log when it is done, under the request id that the caller got", async () => {
    const fields = await granted[name]?.();
    if (!fields) throw new Error(`${name} is new: say in this file with which request it is granted`);
    const { ok, body, requestId } = await overHttp(http, keyFor(method), method, fields);
    expect([ok, body]).toEqual([true, expect.anything()]);
    const companyId = name === "CreateCompany" ? String(body["id"]) : tenant.companyId;
    const operator = keyFor(method) === system.adminKey;
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
    const webhookId = await addEndpoint();
    const { requestId } = await overHttp(http, other.companyKey, by("DisableWebhookEndpoint"), {
      webhook_id: webhookId,
    });
    expect(await entryOf(requestId, other.companyId)).toMatchObject({ resourceId: webhookId, status: "NOT_FOUND" });
    expect(await entryOf(requestId, tenant.companyId)).toBeUndefined();
  });

  it("of the operator is in the log of the company that it was about", async () => {
    const webhookId = await addEndpoint();
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
    const fields = { webhook_id: await addEndpoint() };
    const made = (await record.query("select id from audit_log")).length - before.length;
    expect(made).toBe(1);
    await overHttp(http, "spc_live_nobodys", by("DisableWebhookEndpoint"), fields);
    await overHttp(http, system.adminKey, by("SetPlanTier"), { company_id: formatId("company", newUuid()) });
    expect(await record.query("select id from audit_log")).toHaveLength(before.length + 1);
  });
});
