import { isDeepStrictEqual } from "node:util";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import grpc, { type ServiceError } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { PublishEventRequestSchema } from "../../../internal/rpc/gen/sealpost/v1/event_pb.js";
import {
  CreateWebhookEndpointRequestSchema,
  ListWebhookEndpointsRequestSchema,
  UpdateWebhookEndpointRequestSchema,
} from "../../../internal/rpc/gen/sealpost/v1/webhook_endpoint_pb.js";
import type { Client } from "../../harness/client.ts";
import { client } from "../../harness/client.ts";
import { Target } from "./target.ts";

let target: Target;
let channel: grpc.Client;
let endpointId: string;
let before: unknown;
beforeAll(async () => {
  target = await Target.start();
  endpointId = (await target.road.endpoint()).id;
  channel = new grpc.Client(target.road.system.apis[0]?.grpc ?? "", grpc.credentials.createInsecure());
  before = await written();
});
afterAll(async () => {
  channel?.close();
  await target?.[Symbol.asyncDispose]();
});
// Whatever was sent: the process stands, and nothing was written.
afterEach(async () => {
  if (!isDeepStrictEqual(await written(), before)) throw new Error("something was written");
  await target.stands();
  before = await written();
});

function written(): Promise<unknown> {
  return target.road.record.query(`select (select count(*) from webhook_events) as events,
    (select count(*) from idempotency_keys) as keys, (select count(*) from companies) as companies,
    (select json_agg(e order by e.id) from webhook_endpoints e) as endpoints`);
}

/** Bytes as they are, to a method; answers its status and message. */
async function call(method: string, bytes: Uint8Array, key = target.road.tenant.workspaceKey) {
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${key}`);
  const { promise, resolve } = Promise.withResolvers<{ code: number; details: string }>();
  const same = (one: Buffer) => one;
  const done = (error: ServiceError | null) => resolve(error ?? { code: grpc.status.OK, details: "" });
  channel.makeUnaryRequest(`/sealpost.v1.${method}`, same, same, Buffer.from(bytes), metadata, done);
  const { code, details } = await promise;
  return { code, details };
}

function message<Schema extends DescMessage>(schema: Schema, fields: MessageInitShape<Schema>): Uint8Array {
  return toBinary(schema, create(schema, fields));
}

const { INVALID_ARGUMENT, RESOURCE_EXHAUSTED, NOT_FOUND } = grpc.status;
const one = new TextEncoder().encode("1");
const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;

describe("over gRPC", () => {
  const publish = (fields: MessageInitShape<typeof PublishEventRequestSchema>) =>
    message(PublishEventRequestSchema, { eventType: "a", data: one, ...fields });

  it.each([
    ["300 KiB", "PublishEvent", publish({ data: Buffer.alloc(300 * 1024, "1") }), RESOURCE_EXHAUSTED, /262144/],
    ["5 MiB", "BatchPublishEvents", Buffer.alloc(5 * 2 ** 20), RESOURCE_EXHAUSTED, /larger than max/],
    [
      "900,000 empty events",
      "BatchPublishEvents",
      Buffer.from("0a00".repeat(900_000), "hex"),
      INVALID_ARGUMENT,
      /events/,
    ],
    ["JSON 5,000 deep", "PublishEvent", publish({ data: Buffer.from(deep) }), INVALID_ARGUMENT, /32 levels deep/],
    ["groups 90,000 deep", "PublishEvent", Buffer.alloc(90_000, 0x0b), INVALID_ARGUMENT, /are no sealpost/],
    ["invalid UTF-8", "PublishEvent", Buffer.from([0x0a, 2, 0xc3, 0x28]), INVALID_ARGUMENT, /UTF-8/],
    ["a string cut short", "PublishEvent", Buffer.from([0x0a, 200, 1, 0x61]), INVALID_ARGUMENT, /are no sealpost/],
    ["a length of 4 GiB", "PublishEvent", Buffer.from("0affffffff0f61", "hex"), INVALID_ARGUMENT, /are no sealpost/],
    ["NUL", "PublishEvent", publish({ eventType: "a\u0000" }), INVALID_ARGUMENT, /event_type/],
    ["a bidi control", "PublishEvent", publish({ category: "a\u202e", action: "b" }), INVALID_ARGUMENT, /category/],
    [
      "line ends in a key",
      "PublishEvent",
      publish({ idempotencyKey: "a\r\nx: y" }),
      INVALID_ARGUMENT,
      /idempotency_key/,
    ],
    ["line ends in an id", "PublishEvent", publish({ projectId: "prj_\r\nx: y" }), NOT_FOUND, /project/],
    ["an operator as an id", "PublishEvent", publish({ projectId: '{"$ne":""}' }), NOT_FOUND, /project/],
    ["SQL as an id", "PublishEvent", publish({ projectId: "' or 1=1 --" }), NOT_FOUND, /project/],
  ])("%s", async (_, method, bytes, code, details) => {
    expect(await call(`EventService/${method}`, bytes)).toEqual({ code, details: expect.stringMatching(details) });
  });

  it("an unknown method, and a path that is none", async () => {
    expect((await call("EventService/DropEvents", one)).code).toBe(grpc.status.UNIMPLEMENTED);
    expect((await call("EventService/__proto__", one)).code).toBe(grpc.status.UNIMPLEMENTED);
    expect((await call("../etc/passwd", one)).code).toBe(grpc.status.UNIMPLEMENTED);
  });

  it("text where a page token goes, and fields that are not for callers", async () => {
    const { workspaceId, companyKey } = target.road.tenant;
    for (const pageToken of ["AAAA", '{"$gt":""}', "' or ''='", "..", "e".repeat(512)]) {
      const list = message(ListWebhookEndpointsRequestSchema, { workspaceId, pageToken });
      const answer = await call("WebhookEndpointService/ListWebhookEndpoints", list, companyKey);
      expect(answer).toEqual({ code: INVALID_ARGUMENT, details: expect.stringMatching(/page_token/) });
    }
    for (const path of ["workspace_id", "status", "statistics", "secret", "id", "__proto__", "url.__proto__"]) {
      const paths = { webhookId: endpointId, url: "http://127.0.0.1:9/", updateMask: { paths: [path] } };
      const update = message(UpdateWebhookEndpointRequestSchema, paths);
      const answer = await call("WebhookEndpointService/UpdateWebhookEndpoint", update, companyKey);
      expect([path, answer.code]).toEqual([path, INVALID_ARGUMENT]);
    }
  });

  it.each([
    ["line ends", "http://127.0.0.1:9/\r\nx: y"],
    ["a tab", "http://127.0.0.1:9/\t"],
    ["a space before it", " http://127.0.0.1:9/"],
    ["a NUL", "http://127.0.0.1:9/\u0000"],
    ["a backslash", "http:\\\\127.0.0.1:9/"],
  ])("a URL with %s", async (_, url) => {
    const { workspaceId, companyKey } = target.road.tenant;
    const made = message(CreateWebhookEndpointRequestSchema, { workspaceId, url, events: ["*"] });
    const answer = await call("WebhookEndpointService/CreateWebhookEndpoint", made, companyKey);
    expect(answer).toEqual({ code: INVALID_ARGUMENT, details: expect.stringMatching(/url/) });
  });
});

describe("over HTTP", () => {
  const event = (fields: string) => `{"eventType":"a","data":1,${fields}}`;

  it.each([
    ["an operator for text", event('"category":{"$gt":""},"action":"b"'), 400, /category/],
    ["an operator for an id", event('"projectId":{"$ne":null}'), 400, /project_id/],
    ["a list for an id", event('"projectId":["prj_1","prj_2"]'), 400, /project_id/],
    ["true for an id", event('"projectId":true'), 400, /project_id/],
    ["a tenant of one's choice", event('"workspaceId":"wsp_01j00000000000000000000000"'), 400, /workspaceId/],
    ["a company of one's choice", event('"companyId":"com_1","planTier":"ENTERPRISE"'), 400, /companyId/],
    ["__proto__", event('"__proto__":{"companyId":"com_1"}'), 400, /__proto__/],
    ["constructor", event('"constructor":{"prototype":{"admin":true}}'), 400, /constructor/],
    ["line ends in a key", event('"idempotencyKey":"a\\r\\nx: y"'), 400, /idempotency_key/],
    ["a batch of lists", undefined, 400, /events/],
  ])("%s", async (_, body, status, text) => {
    const path = body === undefined ? "/v1/events/batch" : "/v1/events";
    const answer = await target.road.workspace.post(path, body ?? '{"events":[[],[[]],null,7]}');
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(text)]);
  });

  it("null for an id is as if it were not there, and never is any", async () => {
    const { company, tenant } = target.road;
    const answer = await company.post(`/v1/webhooks/${endpointId}/enable`, '{"webhookId":null}');
    expect(answer).toMatchObject({ status: 200, body: { id: endpointId } });
    const path = `/v1/workspaces/${tenant.workspaceId}/webhooks`;
    const made = await company.post(path, '{"workspaceId":null,"url":null,"events":null}');
    expect([made.status, made.text]).toEqual([400, expect.stringMatching(/url/)]);
    before = await written();
  });

  it.each([
    "workspaceId",
    "companyId",
    "status",
    "region",
    "statistics",
    "createTime",
    "disabledReason",
    "planTier",
    "plan_tier",
    "id",
  ])("%s cannot be given to an endpoint", async (field) => {
    const { company, tenant } = target.road;
    const endpoint = { url: "http://127.0.0.1:9/", events: ["*"], [field]: "ENTERPRISE" };
    for (const answer of [
      await company.post(`/v1/workspaces/${tenant.workspaceId}/webhooks`, endpoint),
      await company.patch(`/v1/webhooks/${endpointId}`, { [field]: "ENTERPRISE" }),
    ]) {
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(field.slice(0, 4))]);
    }
  });

  it("a plan is the operator's to set, whoever asks", async () => {
    const { company, workspace, tenant } = target.road;
    for (const caller of [company, workspace] satisfies Client[]) {
      const answer = await caller.post(`/v1/companies/${tenant.companyId}/plan`, { planTier: "ENTERPRISE" });
      expect(answer.status).toBe(403);
    }
  });

  it.each([
    "orderBy=secret%20desc",
    "sort=secret",
    "pageToken[$gt]=",
    "pageToken=%7B%22%24gt%22%3A%22%22%7D",
    "filter=1%3D1",
    "pageSize=1e3",
    "pageSize[]=1",
    "__proto__=1",
    "pageToken=%00",
    "pageToken=%ff",
  ])("the query %s", async (query) => {
    const answer = await target.road.company.get(`/v1/workspaces/${target.road.tenant.workspaceId}/webhooks?${query}`);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('"code":3')]);
  });

  it("line ends in a path's id do not become headers", async () => {
    const answer = await target.road.company.get("/v1/webhooks/whe_%0d%0aset-cookie:%20a=b%0d%0a%0d%0a<b>");
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([404, null]);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "",
  ])("the content type %j", async (type) => {
    const { http } = target.road.system.apis[0] as { http: string };
    const headers = { authorization: `Bearer ${target.road.tenant.workspaceKey}`, "content-type": type };
    const body = new TextEncoder().encode('{"eventType":"a","data":1}');
    expect((await fetch(`${http}/v1/events`, { method: "POST", headers, body })).status).toBe(415);
  });

  it("keys that are none, of any form", async () => {
    const { http } = target.road.system.apis[0] as { http: string };
    for (const key of ["", " ", "x", "sp_", "a".repeat(8000), "%00", "' or 1=1 --", "Bearer", "[object Object]"]) {
      expect([key.slice(0, 20), (await client(http, key).get("/v1/companies")).status]).toEqual([
        key.slice(0, 20),
        401,
      ]);
    }
  });
});
