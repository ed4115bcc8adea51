import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { client } from "../../harness/client.ts";
import { type Edge, startEdge } from "./edge.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());

const company = () => client(edge.http, "company");
const workspace = () => client(edge.http, "workspace");
const admin = () => client(edge.http, "admin");

async function createEndpoint(): Promise<{ id: string; secret: string; [field: string]: unknown }> {
  const body = { url: "http://localhost:3001", events: ["AUDIT_EVENT_CREATED"] };
  const answer = await company().post<{ id: string; secret: string }>(
    `/v1/workspaces/${edge.workspaceId}/webhooks`,
    body,
  );
  expect(answer.status).toBe(200);
  return answer.body;
}

describe("the six routes", () => {
  it("creates an endpoint and answers it at the top level, with its secret and its zero values", async () => {
    expect(await createEndpoint()).toEqual({
      id: expect.stringMatching(/^whe_/),
      workspaceId: edge.workspaceId,
      projectId: "",
      region: "eu",
      url: "http://localhost:3001",
      events: ["AUDIT_EVENT_CREATED"],
      description: "",
      status: "ACTIVE",
      disabledReason: "",
      maxInFlight: 64,
      secret: expect.stringMatching(/^whsec_/),
      etag: "1",
      createTime: "2026-11-05T10:00:00.123Z",
      updateTime: "2026-11-05T10:00:00.123Z",
      signingKeys: [
        {
          id: expect.stringMatching(/^whk_/),
          scheme: "HMAC_SHA256",
          publicKey: "",
          createTime: "2026-11-05T10:00:00.123Z",
        },
      ],
      headers: {},
      headersVersion: 1,
      statistics: { attempts: "0", succeeded: "0", failed: "0", consecutiveFailures: 0, lastStatus: 0 },
    });
  });

  it("lists endpoints without their secrets", async () => {
    await createEndpoint();
    const { body } = await company().get(`/v1/workspaces/${edge.workspaceId}/webhooks?pageSize=10`);
    expect(body).toMatchObject({ webhooks: expect.arrayContaining([expect.objectContaining({ secret: "" })]) });
    expect(body).toHaveProperty("nextPageToken", "");
  });

  it("disables and enables, with an empty body, with {} and with none", async () => {
    const { id } = await createEndpoint();
    const disabled = await company().post(`/v1/webhooks/${id}/disable`);
    expect(disabled.body).toMatchObject({ id, status: "DISABLED", disabledReason: "BY_REQUEST" });
    const headers = { authorization: "Bearer company" };
    const enabled = await fetch(`${edge.http}/v1/webhooks/${id}/enable`, { method: "POST", headers });
    expect(await enabled.json()).toMatchObject({ id, status: "ACTIVE", disabledReason: "" });
  });

  it("lists deliveries with their attempts, filtered", async () => {
    const filters = "statuses=PENDING&statuses=FAILED&createdAfter=2026-11-01T00:00:00Z&page_size=7&pageToken=t";
    const { status, body } = await company().get(`/v1/webhooks/whe_1/deliveries?${filters}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      deliveries: [
        {
          status: "PENDING",
          attemptCount: 1,
          nextAttemptTime: "2026-11-05T10:00:00.123Z",
          attempts: [{ number: 1, outcome: "HTTP_5XX", httpStatus: 503, timing: { totalMs: 4, dnsMs: 0 } }],
        },
      ],
      nextPageToken: "more",
    });
    expect(edge.listed.at(-1)).toEqual({
      webhookId: "whe_1",
      statuses: ["PENDING", "FAILED"],
      createdAfter: new Date("2026-11-01T00:00:00Z"),
      createdBefore: undefined,
      pageSize: 7,
      pageToken: "t",
    });
  });

  it("publishes an audit event with a workspace key", async () => {
    const body = '{"category":"user","action":"login","actor":{"email":"user@example.com"}}';
    const { status, body: event } = await workspace().post("/v1/events", body);
    expect(status).toBe(200);
    expect(event).toMatchObject({ eventType: "AUDIT_EVENT_CREATED", deliveryCount: 0, projectId: "" });
    expect(event).not.toHaveProperty("data");
    const published = edge.published.at(-1);
    expect(published).toMatchObject({ category: "user", action: "login", eventType: "" });
    expect(Buffer.from(published?.actor ?? []).toString()).toBe('{"email":"user@example.com"}');
  });
});

describe("the audit log", () => {
  it("is listed with filters, the values before and after as plain JSON and hidden ones without any", async () => {
    const filters = "keyId=key_1&method=a.B/C&resource_id=whe_1&outcome=DENIED&createdAfter=2026-11-01T00:00:00Z";
    const { status, body } = await company().get(`/v1/companies/com_1/audit?${filters}&pageSize=7&pageToken=t`);
    expect(status).toBe(200);
    expect(body).toEqual({
      entries: [
        {
          id: expect.stringMatching(/^aud_/),
          companyId: expect.stringMatching(/^com_/),
          workspaceId: "",
          createTime: "2026-11-05T10:00:00.123Z",
          actor: "ADMIN",
          keyId: "",
          address: "192.0.2.1",
          requestId: "r-1",
          method: "sealpost.v1.TenantService/SetPlanTier",
          resourceId: expect.stringMatching(/^com_/),
          changes: [
            { field: "events", before: ["a.b"], after: ["*"], hidden: false },
            { field: "description", before: "é", hidden: false },
            { field: "secret", hidden: true },
          ],
          status: "OK",
          reason: "",
        },
      ],
      nextPageToken: "more",
    });
    expect(edge.audited.at(-1)).toEqual({
      companyId: "com_1",
      createdAfter: new Date("2026-11-01T00:00:00Z"),
      createdBefore: undefined,
      keyId: "key_1",
      method: "a.B/C",
      resourceId: "whe_1",
      outcome: "DENIED",
      pageSize: 7,
      pageToken: "t",
    });
  });
});

describe("free JSON", () => {
  const exact = '{ "n":12345678901234567890, "d":1.10,"b":1,"a":[ ],"a":"é\\u00e9", "e":1e400 }';

  it("keeps its text byte for byte, in and out", async () => {
    const { body } = await workspace().post<{ id: string }>("/v1/events", `{"data": ${exact} ,"eventType":"any.type"}`);
    expect(Buffer.from(edge.published.at(-1)?.data ?? []).toString()).toBe(exact);
    const read = await company().get(`/v1/events/${body.id}`);
    expect(read.text).toContain(`"data":${exact}`);
    expect(read.body).toMatchObject({ id: body.id, deliveryCount: 2 });
  });

  it("is kept in every event of a batch, each with its own result", async () => {
    const good = (n: string) => `{"eventType":"a.b","data":${n}}`;
    const bad = `{"eventType":"a.b","data":1,"category":"${"x".repeat(129)}"}`;
    const { status, body } = await workspace().post<{ results: unknown[] }>(
      "/v1/events/batch",
      `{"events":[${good("10000000000000000001")},${bad},${good(" [1, 2] ")}]}`,
    );
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { event: { eventType: "a.b" } },
      {
        error: {
          code: 3,
          details: [{ reason: "INVALID_REQUEST" }, { fieldViolations: [{ field: "category" }] }],
        },
      },
      { event: { eventType: "a.b" } },
    ]);
    const texts = edge.published.slice(-2).map(({ data }) => Buffer.from(data).toString());
    expect(texts).toEqual(["10000000000000000001", "[1, 2]"]);
  });

  it("takes null as a JSON value", async () => {
    await workspace().post("/v1/events", '{"eventType":"a.b","data":null}');
    expect(Buffer.from(edge.published.at(-1)?.data ?? []).toString()).toBe("null");
  });
});

describe("requests", () => {
  it("takes the idempotency key from the header, and refuses two that differ", async () => {
    const event = { eventType: "a.b", data: 1 };
    await workspace().post("/v1/events", event, { "idempotency-key": "k-1" });
    expect(edge.published.at(-1)?.idempotencyKey).toBe("k-1");
    await workspace().post("/v1/events", { ...event, idempotencyKey: "k-2" }, { "idempotency-key": "k-2" });
    expect(edge.published.at(-1)?.idempotencyKey).toBe("k-2");
    const twice = await workspace().post(
      "/v1/events",
      { ...event, idempotencyKey: "k-3" },
      { "idempotency-key": "k-4" },
    );
    expect([twice.status, twice.text]).toEqual([400, expect.stringContaining("Idempotency-Key")]);
  });

  it("passes the trace context on, when it is one", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await workspace().post("/v1/events", { eventType: "a.b", data: 1 }, { traceparent });
    expect(edge.published.at(-1)?.traceparent).toBe(traceparent);
    await workspace().post("/v1/events", { eventType: "a.b", data: 1 }, { traceparent: "nonsense" });
    expect(edge.published.at(-1)?.traceparent).toBeUndefined();
  });

  it("patches the fields that the body names, and those of a mask when there is one", async () => {
    const { id } = await createEndpoint();
    await company().patch(`/v1/webhooks/${id}`, {
      description: "",
      events: [],
      etag: "1",
      managerUid: "u",
      force: true,
    });
    expect(edge.updates.at(-1)).toMatchObject({ updateMask: ["description", "events"], description: "", events: [] });
    await company().patch(`/v1/webhooks/${id}`, { description: "d", url: "https://x", updateMask: "maxInFlight,url" });
    expect(edge.updates.at(-1)?.updateMask).toEqual(["max_in_flight", "url"]);
    const unknown = await company().patch(`/v1/webhooks/${id}`, { url: "https://x", updateMask: "secret" });
    expect([unknown.status, unknown.text]).toEqual([400, expect.stringContaining("cannot change secret")]);
  });

  it("takes enums by name, and shows their zero values", async () => {
    expect((await admin().post("/v1/companies", { name: "A", planTier: "GROWTH" })).body).toMatchObject({
      name: "A",
      planTier: "GROWTH",
    });
    expect((await admin().get("/v1/companies/com_1")).body).toMatchObject({ planTier: "FREE" });
    const refused = await admin().post("/v1/companies", { name: "A", planTier: "GOLD" });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("plan_tier")]);
  });

  it("deletes, and answers an empty object", async () => {
    const { id } = await createEndpoint();
    expect((await company().delete(`/v1/webhooks/${id}`)).text).toBe("{}");
    expect((await company().get(`/v1/webhooks/${id}`)).status).toBe(404);
  });
});

describe("the process's own routes", () => {
  it("says that it lives, and whether it is ready", async () => {
    const anyone = client(edge.http);
    expect((await anyone.get("/healthz")).status).toBe(200);
    expect((await anyone.get("/readyz")).status).toBe(200);
    edge.notReady.reason = "Postgres does not answer";
    expect(await anyone.get("/readyz")).toMatchObject({ status: 503, body: { reason: "Postgres does not answer" } });
    edge.notReady.reason = undefined;
  });

  it("serves its OpenAPI document, with the six routes and free JSON", async () => {
    const { body } = await client(edge.http).get<Record<string, never>>("/openapi.json");
    expect(body).toMatchObject({
      openapi: "3.1.0",
      paths: {
        "/v1/workspaces/{workspaceId}/webhooks": { post: {}, get: {} },
        "/v1/webhooks/{webhookId}/disable": { post: {} },
        "/v1/webhooks/{webhookId}/enable": { post: {} },
        "/v1/webhooks/{webhookId}/deliveries": { get: {} },
        "/v1/events": { post: { parameters: [{ name: "Idempotency-Key", in: "header" }] } },
      },
      components: {
        securitySchemes: { key: { scheme: "bearer" } },
        schemas: { PublishEventRequest: { properties: { data: { description: expect.stringContaining("JSON") } } } },
      },
    });
  });

  it("counts every call with its method and its outcome", async () => {
    edge.calls.length = 0;
    await workspace().post("/v1/events", { eventType: "a.b", data: 1 });
    await company().post("/v1/events", { eventType: "a.b", data: 1 });
    const method = "sealpost.v1.EventService/PublishEvent";
    expect(edge.calls).toEqual([
      { protocol: "http", method, code: "OK", reason: undefined, seconds: expect.any(Number) },
      { protocol: "http", method, code: "PERMISSION_DENIED", reason: "WRONG_KEY_KIND", seconds: expect.any(Number) },
    ]);
  });
});
