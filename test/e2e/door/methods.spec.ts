import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { permissionsOf } from "../../../internal/domain/permissions.ts";
import { httpBindings } from "../../../internal/gateway/http-rules.ts";
import { accessOf } from "../../../internal/rpc/access.ts";
import { ErrorInfoSchema } from "../../../internal/rpc/gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../../internal/rpc/gen/google/rpc/status_pb.js";
import type { Method } from "../../../internal/rpc/method.ts";
import { apiMethods, type EdgeApis } from "../../../internal/rpc/methods.ts";
import { type Client, client } from "../../harness/client.ts";
import { type System, startSystem } from "../../harness/system.ts";
import type { Tenant } from "../../harness/tenant.ts";

/** Every method that the API has, as its descriptors say: one that comes later is held against the same rules. */
const methods = apiMethods({} as EdgeApis, { error: () => {} });

let system: System;
let admin: Client;
beforeAll(async () => {
  system = await startSystem({ deliveries: 0 });
  admin = client(http(), system.adminKey);
});
afterAll(() => system?.stop());

const http = () => system.apis[0]?.http ?? "";

async function newKey({ companyId }: Tenant, fields: object): Promise<string> {
  const made = await admin.post<{ key: string }>(`/v1/companies/${companyId}/keys`, { name: "a", ...fields });
  expect(made.status).toBe(200);
  return made.body.key;
}

/** Calls a method with a request that names nothing, over every way there is. Answers the reasons of the refusals. */
async function reasons(method: Method, key: string | undefined): Promise<string[]> {
  const bindings = httpBindings(method.descriptor);
  const answers = bindings.map(async ({ verb, template, hasBody }) => {
    const response = await fetch(`${http()}${template.replaceAll(/\{[a-z_]+\}/g, "none")}`, {
      method: verb,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(hasBody && { "content-type": "application/json" }),
      },
      ...(hasBody && { body: "{}" }),
    });
    const { details = [] } = (await response.json()) as { details?: { reason?: string }[] };
    return details.find(({ reason }) => reason)?.reason ?? `HTTP ${response.status}`;
  });
  return Promise.all([...answers, overGrpc(method, key)]);
}

async function overGrpc(method: Method, key: string | undefined): Promise<string> {
  const stub = new grpc.Client(system.apis[0]?.grpc ?? "", grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  if (key !== undefined) metadata.set("authorization", `Bearer ${key}`);
  const pass = (value: Buffer) => value;
  const { promise, resolve } = Promise.withResolvers<grpc.ServiceError | null>();
  stub.makeUnaryRequest(`/${method.name}`, pass, pass, Buffer.alloc(0), metadata, (error) => resolve(error));
  const error = await promise;
  stub.close();
  const bytes = error?.metadata.get("grpc-status-details-bin")[0];
  const details = bytes === undefined ? [] : fromBinary(StatusSchema, bytes as Buffer).details;
  return details.map((detail) => anyUnpack(detail, ErrorInfoSchema)?.reason).find(Boolean) ?? `gRPC ${error?.code}`;
}

/** What `reasons` answers when every way leads to the same refusal. */
const all = (method: Method, reason: string) => [...httpBindings(method.descriptor), "grpc"].map(() => reason);

const each = methods.map((method) => {
  const access = accessOf(method.descriptor);
  if (!access) throw new Error(`${method.name} declares no permission`);
  return [method.descriptor.name, method, access] as const;
});

describe.each(each)("%s", (_name, method, { permission, operation }) => {
  it("is over gRPC and HTTP, and for nobody without a key", async () => {
    expect(httpBindings(method.descriptor)).not.toEqual([]);
    expect(await reasons(method, undefined)).toEqual(all(method, "KEY_MISSING"));
  });

  it("is bound by the key's limit, unless it publishes", async () => {
    const tenant = await system.tenant();
    const limits = { operationsPerMinute: 1, readsPerMinute: 1 };
    for (const more of [{}, { workspaceId: tenant.workspaceId }]) {
      const key = await newKey(tenant, { ...limits, ...more });
      const used = client(http(), key);
      await used.post("/v1/webhooks/none/disable");
      await used.get("/v1/webhooks/none");
      const answers = await reasons(method, key);
      if (operation === "PUBLISH") expect(answers).not.toContain("RATE_LIMITED");
      else expect(answers).toEqual(all(method, "RATE_LIMITED"));
    }
  });

  it("is for company keys from allowed addresses only, where it is for company keys", async () => {
    const tenant = await system.tenant();
    await admin.post(`/v1/companies/${tenant.companyId}/ip-allowlist`, { cidrs: ["192.0.2.1"] });
    const forCompanies = permissionsOf.company.has(permission);
    const reason = forCompanies ? "ADDRESS_NOT_ALLOWED" : "WRONG_KEY_KIND";
    expect(await reasons(method, tenant.companyKey)).toEqual(all(method, reason));
    expect(await reasons(method, tenant.workspaceKey)).not.toContain("ADDRESS_NOT_ALLOWED");
  });

  it("is for keys that allow it: neither for other kinds, nor for one that was made with less", async () => {
    const tenant = await system.tenant();
    for (const [kind, key] of [
      ["admin", system.adminKey],
      ["company", tenant.companyKey],
      ["workspace", tenant.workspaceKey],
    ] as const) {
      const answers = await reasons(method, key);
      if (permissionsOf[kind].has(permission)) expect(answers).not.toContain("WRONG_KEY_KIND");
      else expect(answers).toEqual(all(method, "WRONG_KEY_KIND"));
    }
    for (const [kind, more] of [
      ["company", {}],
      ["workspace", { workspaceId: tenant.workspaceId }],
    ] as const) {
      const others = [...permissionsOf[kind]].filter((other) => other !== permission);
      if (others.length === permissionsOf[kind].size) continue;
      const key = await newKey(tenant, { ...more, permissions: others });
      expect(await reasons(method, key)).toEqual(all(method, "PERMISSION_MISSING"));
    }
  });
});
