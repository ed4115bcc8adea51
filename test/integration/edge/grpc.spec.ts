import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import grpc, { type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DomainError } from "../../../internal/domain/errors.ts";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "../../../internal/rpc/gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../../internal/rpc/gen/google/rpc/status_pb.js";
import { type GrpcClients, grpcClients } from "../../harness/grpc-clients.ts";
import { type Edge, startEdge } from "./edge.ts";

let edge: Edge;
const clients = new Map<string, GrpcClients>();
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(async () => {
  for (const one of clients.values()) one.close();
  await edge.close();
});

function as(key: string): GrpcClients {
  const known = clients.get(key) ?? grpcClients(edge.grpc, key === "" ? undefined : key);
  clients.set(key, known);
  return known;
}

async function failure(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (rejected: ServiceError) => rejected,
  );
  if (!error) throw new Error("the call was answered OK");
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const status = bytes === undefined ? undefined : fromBinary(StatusSchema, bytes as Buffer);
  const find = <T>(unpack: (detail: NonNullable<typeof status>["details"][number]) => T | undefined) =>
    status?.details.map(unpack).find((detail) => detail !== undefined);
  return {
    code: error.code,
    message: error.details,
    requestId: error.metadata.get("x-request-id")[0],
    status,
    reason: find((detail) => anyUnpack(detail, ErrorInfoSchema))?.reason,
    violations: find((detail) => anyUnpack(detail, BadRequestSchema))?.fieldViolations,
    retry: find((detail) => anyUnpack(detail, RetryInfoSchema))?.retryDelay,
    resource: find((detail) => anyUnpack(detail, ResourceInfoSchema)),
  };
}

/** A call with bytes of our own making, which no client library would send. */
function rawCall(path: string, bytes: Buffer, key: string): Promise<unknown> {
  const client = new grpc.Client(edge.grpc, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${key}`);
  const pass = (value: Buffer) => value;
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(path, pass, pass, bytes, metadata, (error, answer) =>
      error ? reject(error) : resolve(answer),
    ),
  ).finally(() => client.close());
}

const publishPath = "/sealpost.v1.EventService/PublishEvent";

describe("the gRPC twins of the six routes", () => {
  it("creates, lists, disables and enables an endpoint", async () => {
    const { endpoints } = as("company");
    const asked = { workspaceId: edge.workspaceId, url: "http://localhost:3001", events: ["AUDIT_EVENT_CREATED"] };
    const created = await endpoints.createWebhookEndpoint<{ id: string }>(asked);
    expect(created).toMatchObject({
      id: expect.stringMatching(/^whe_/),
      secret: expect.stringMatching(/^whsec_/),
      status: "ACTIVE",
      maxInFlight: 64,
      statistics: { attempts: "0" },
    });
    const list = await endpoints.listWebhookEndpoints({ workspaceId: edge.workspaceId });
    expect(list).toMatchObject({ webhooks: [{ id: created.id, secret: "" }], nextPageToken: "" });
    const disabled = await endpoints.disableWebhookEndpoint({ webhookId: created.id });
    expect(disabled).toMatchObject({ status: "DISABLED", disabledReason: "BY_REQUEST" });
    expect(await endpoints.enableWebhookEndpoint({ webhookId: created.id })).toMatchObject({ status: "ACTIVE" });
  });

  it("lists deliveries", async () => {
    const list = await as("company").deliveries.listDeliveries({ webhookId: "whe_1", statuses: ["FAILED"] });
    expect(list).toMatchObject({
      deliveries: [
        { status: "PENDING", attempts: [{ outcome: "HTTP_5XX", responseHeaders: { "content-type": "text/plain" } }] },
      ],
    });
    expect(edge.listed.at(-1)?.statuses).toEqual(["FAILED"]);
  });

  it("publishes, one and many, and reads back the exact bytes", async () => {
    const data = Buffer.from(' {"n": 12345678901234567890 }');
    const { events } = as("workspace");
    const event = await events.publishEvent<{ id: string }>({ eventType: "a.b", data });
    expect(event).toMatchObject({ eventType: "a.b", deliveryCount: 0 });
    expect(await events.getEvent({ eventId: event.id })).toMatchObject({ id: event.id, data });
    const batch = await events.batchPublishEvents({
      events: [
        { eventType: "a.b", data },
        { eventType: "a.b", data: Buffer.from("{") },
      ],
    });
    expect(batch).toMatchObject({ results: [{ result: "event" }, { result: "error", error: { code: 3 } }] });
  });

  it("updates the fields that are present, or those of the mask", async () => {
    const { endpoints } = as("company");
    const asked = { workspaceId: edge.workspaceId, url: "http://localhost:3001", events: ["*"] };
    const { id } = await endpoints.createWebhookEndpoint<{ id: string }>(asked);
    await endpoints.updateWebhookEndpoint({ webhookId: id, description: "", maxInFlight: 5 });
    expect(edge.updates.at(-1)).toMatchObject({
      updateMask: ["description", "max_in_flight"],
      maxInFlight: 5,
      description: "",
    });
    const conflict = await failure(endpoints.updateWebhookEndpoint({ webhookId: id, url: "http://x", etag: "7" }));
    expect([conflict.code, conflict.reason]).toEqual([grpc.status.ABORTED, "ETAG_MISMATCH"]);
    await endpoints.deleteWebhookEndpoint({ webhookId: id });
    const gone = await failure(endpoints.getWebhookEndpoint({ webhookId: id }));
    expect([gone.code, gone.resource?.resourceName]).toEqual([grpc.status.NOT_FOUND, id]);
  });

  it("manages tenants with the admin key", async () => {
    const { tenants } = as("admin");
    expect(await tenants.createCompany({ name: "A", planTier: "ENTERPRISE" })).toMatchObject({
      planTier: "ENTERPRISE",
    });
    const key = await tenants.createApiKey({ companyId: "com_1", name: "k", expireTime: { seconds: "1800000000" } });
    expect(key).toMatchObject({ key: "the-key", expireTime: { seconds: "1800000000" }, revokeTime: null });
  });
});

describe("errors over gRPC", () => {
  it("asks for a key, and says which kind is needed", async () => {
    const missing = await failure(as("").events.publishEvent({ eventType: "a", data: Buffer.from("1") }));
    expect([missing.code, missing.reason]).toEqual([grpc.status.UNAUTHENTICATED, "KEY_MISSING"]);
    const kind = await failure(as("workspace").endpoints.getWebhookEndpoint({ webhookId: "whe_1" }));
    expect([kind.code, kind.reason]).toEqual([grpc.status.PERMISSION_DENIED, "WRONG_KEY_KIND"]);
    expect(kind.message).toContain("needs a company key; this is a workspace key");
    const admin = await failure(as("company").tenants.listCompanies({}));
    expect(admin.message).toContain("the admin key (SEALPOST_ADMIN_KEY)");
  });

  it("names every violation with its path", async () => {
    const call = as("company").endpoints.createWebhookEndpoint({
      workspaceId: "",
      url: "",
      events: ["a..b", "a\u0000"],
    });
    const { code, reason, violations } = await failure(call);
    expect([code, reason]).toEqual([grpc.status.INVALID_ARGUMENT, "INVALID_REQUEST"]);
    const fields = violations?.map(({ field }) => field);
    expect(fields).toEqual(expect.arrayContaining(["workspace_id", "url", "events[0]", "events[1]"]));
  });

  it("carries details, also with text that a header cannot hold", async () => {
    edge.failNext.error = new DomainError("UNAVAILABLE", "NO_DATABASE", "Postgres schläft \ud800", {
      retryAfterMs: 1500,
      resource: { type: "event", name: "evt_ü" },
      fieldViolations: Array.from({ length: 500 }, (_, i) => ({ field: `f${i}`, description: "x".repeat(5_000) })),
    });
    const met = await failure(as("workspace").events.publishEvent({ eventType: "a", data: Buffer.from("1") }));
    expect([met.code, met.message]).toEqual([grpc.status.UNAVAILABLE, "Postgres schläft \ufffd"]);
    expect(met.retry).toMatchObject({ seconds: 1n, nanos: 500_000_000 });
    expect(met.resource).toMatchObject({ resourceType: "event", resourceName: "evt_ü" });
    expect(met.violations).toHaveLength(20);
  });

  it("answers what nobody foresaw with a request id, and logs the cause under it", async () => {
    edge.failNext.error = new TypeError("password=hunter2");
    const met = await failure(as("workspace").events.publishEvent({ eventType: "a", data: Buffer.from("1") }));
    expect(met.code).toBe(grpc.status.INTERNAL);
    expect(met.message).not.toContain("hunter2");
    const requestId = edge.logged.at(-1)?.details["requestId"] as string;
    expect(met.message).toContain(requestId);
    expect(met.requestId).toBe(requestId);
  });

  it("gives every answer a request id of its own, whatever the caller sent as one", async () => {
    const client = new grpc.Client(edge.grpc, grpc.credentials.createInsecure());
    const trailer = (path: string, key: string) =>
      new Promise<unknown>((resolve) => {
        const metadata = new grpc.Metadata();
        metadata.set("authorization", `Bearer ${key}`);
        metadata.set("x-request-id", "mine");
        const pass = (value: Buffer) => value;
        const call = client.makeUnaryRequest(path, pass, pass, Buffer.alloc(0), metadata, () => {});
        call.on("status", (status) => resolve(status.metadata.get("x-request-id")[0]));
      });
    const path = "/sealpost.v1.TenantService/ListCompanies";
    const ids = await Promise.all(["admin", "admin", "company", "nobody"].map((key) => trailer(path, key)));
    client.close();
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("refuses a time out of range", async () => {
    const call = as("workspace").events.publishEvent({ category: "c", occurredAt: { seconds: "999999999999" } });
    expect((await failure(call)).violations).toMatchObject([{ field: "occurred_at" }]);
  });

  it("knows no other methods", async () => {
    const met = await failure(rawCall("/sealpost.v1.EventService/EraseAll", Buffer.alloc(0), "admin"));
    expect(met.code).toBe(grpc.status.UNIMPLEMENTED);
  });
});

describe("bytes that are no request", () => {
  it.each([
    ["invalid UTF-8", Buffer.from([0x0a, 0x02, 0xc3, 0x28])],
    ["a truncated string", Buffer.from([0x0a, 0x50, 0x61])],
    ["noise", Buffer.from([0xff, 0xff, 0xff])],
  ])("refuses %s", async (_, bytes) => {
    const met = await failure(rawCall(publishPath, bytes, "workspace"));
    expect([met.code, met.reason]).toEqual([grpc.status.INVALID_ARGUMENT, "UNDECODABLE_REQUEST"]);
  });

  it("refuses an event over 256 KiB, and a batch over 4 MiB", async () => {
    const before = edge.published.length;
    const { events } = as("workspace");
    const event = await failure(events.publishEvent({ eventType: "a", data: Buffer.alloc(300 * 1024, "1") }));
    expect([event.code, event.reason]).toEqual([grpc.status.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE"]);
    const many = Array.from({ length: 20 }, () => ({ eventType: "a", data: Buffer.alloc(250 * 1024, "1") }));
    expect((await failure(events.batchPublishEvents({ events: many }))).code).toBe(grpc.status.RESOURCE_EXHAUSTED);
    expect(edge.published).toHaveLength(before);
    expect(await events.batchPublishEvents({ events: many.slice(0, 15) })).toMatchObject({ results: { length: 15 } });
  });

  it("refuses 900,000 empty events by their number", async () => {
    const bytes = Buffer.from(Array.from({ length: 1_800_000 }, (_, i) => (i % 2 === 0 ? 0x0a : 0)));
    const met = await failure(rawCall("/sealpost.v1.EventService/BatchPublishEvents", bytes, "workspace"));
    expect([met.code, met.violations?.[0]?.field]).toEqual([grpc.status.INVALID_ARGUMENT, "events"]);
  });
});

it("carries 1,000 calls at once on one connection", async () => {
  const { events } = as("workspace");
  const calls = Array.from({ length: 1_000 }, () => events.publishEvent({ eventType: "a", data: Buffer.from("1") }));
  expect(await Promise.all(calls)).toHaveLength(1_000);
});
