import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DomainError } from "../../../internal/domain/errors.ts";
import { client } from "../../harness/client.ts";
import { type Edge, startEdge } from "./edge.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());

interface Refusal {
  code: number;
  message: string;
  details: { "@type": string; reason?: string; fieldViolations?: { field: string; description: string }[] }[];
}

/** Posts bytes as they are to the publish route. */
async function publish(body: string | Buffer, headers: Record<string, string> = {}, path = "/v1/events") {
  const response = await fetch(`${edge.http}${path}`, {
    method: "POST",
    headers: { authorization: "Bearer workspace", "content-type": "application/json", ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Refusal };
}

const reasonOf = (refusal: Refusal) => refusal.details[0]?.reason;
const violationsOf = (refusal: Refusal) => refusal.details.flatMap((detail) => detail.fieldViolations ?? []);

describe("bad input over HTTP", () => {
  it.each([
    ["malformed JSON", '{"eventType":"a.b","data":{"x":}}', "expected a value at byte 31"],
    ["text after the object", '{"eventType":"a.b"} x', "expected the end of the text at byte 20"],
    ["an array", "[]", "expected an object at byte 0"],
    ["half a body", '{"eventType":"a', "the text ends early, expected the closing quote at byte 15"],
    ["a number that JSON does not have", '{"data":NaN}', "expected a value at byte 8"],
    ["a raw NUL", '{"eventType":"a\u0000b"}', "control character in a string"],
    ["data 5,000 deep", `{"data":${"[".repeat(5_000)}${"]".repeat(5_000)}}`, "more than 32 levels deep at byte 40"],
    ["another field 5,000 deep", `{"category":${"[".repeat(5_000)}`, "more than 31 levels deep"],
  ])("refuses %s with its place", async (_, text, message) => {
    const { status, body } = await publish(text);
    expect([status, body.code, reasonOf(body)]).toEqual([400, 3, "MALFORMED_JSON"]);
    expect(body.message).toContain(message);
  });

  it("refuses invalid UTF-8 with its place", async () => {
    const { status, body } = await publish(
      Buffer.concat([Buffer.from('{"data":"'), Buffer.from([0xc3]), Buffer.from('"}')]),
    );
    expect([status, body.message]).toEqual([400, expect.stringContaining("invalid UTF-8 at byte 9")]);
  });

  it.each([
    ["an unknown field", '{"companyId":"com_1"}', "companyId", /is unknown here; known are eventType, data/],
    ["__proto__ as a field", '{"__proto__":{}}', "__proto__", /is unknown here/],
    ["an escaped spelling of a known field beside it", '{"data":1,"d\\u0061ta":2}', "data", /given twice/],
    ["a field under both its names", '{"eventType":"a","event_type":"b"}', "event_type", /given twice/],
    ["a number for text", '{"eventType":5}', "event_type", /expected string/],
    ["a list for text", '{"eventType":["a"]}', "event_type", /expected string/],
    ["a time that is none", '{"occurredAt":"yesterday"}', "occurred_at", /yesterday|RFC 3339/],
    ["an escaped NUL in text", '{"category":"a\\u0000"}', "category", /U\+0000/],
    ["half a surrogate pair in text", '{"category":"\\ud800"}', "category", /invalid UTF8/],
    ["a direction override in text", '{"category":"a\\u202eb"}', "category", /U\+202E/],
    ["text over its length", `{"category":"${"x".repeat(129)}"}`, "category", /128/],
  ])("refuses %s and names the field", async (_, text, field, description) => {
    const { status, body } = await publish(text);
    expect([status, body.code]).toEqual([400, 3]);
    expect(violationsOf(body)).toEqual([{ field, description: expect.stringMatching(description) }]);
  });

  it("names everything that is wrong at once", async () => {
    const long = "x".repeat(129);
    const { body } = await publish(JSON.stringify({ category: long, action: long, idempotencyKey: "\u0000" }));
    expect(violationsOf(body).map(({ field }) => field)).toEqual(["category", "action", "idempotency_key"]);
  });

  it("names the item of a batch that has a wrong type", async () => {
    const { status, body } = await publish('{"events":[{"data":1},{"eventType":5}]}', {}, "/v1/events/batch");
    expect([status, violationsOf(body)[0]?.field]).toEqual([400, "events[1].event_type"]);
  });

  it.each([
    ["no events", []],
    ["more than 500 events", Array.from({ length: 501 }, () => ({ eventType: "a", data: 1 }))],
  ])("refuses a batch of %s", async (_, events) => {
    const { status, body } = await publish(JSON.stringify({ events }), {}, "/v1/events/batch");
    expect([status, violationsOf(body)[0]?.field]).toEqual([400, "events"]);
  });

  it("refuses an endpoint without events, with a wrong type name, and with too many in flight", async () => {
    const create = (fields: object) =>
      client(edge.http, "company").post<Refusal>(`/v1/workspaces/${edge.workspaceId}/webhooks`, {
        url: "https://example.com",
        events: ["a.b"],
        ...fields,
      });
    for (const [fields, field] of [
      [{ events: [] }, "events"],
      [{ events: ["a..b"] }, "events[0]"],
      [{ events: ["a", "a"] }, "events"],
      [{ url: "" }, "url"],
      [{ maxInFlight: 1001 }, "max_in_flight"],
      [{ workspaceId: "wsp_another" }, "workspace_id"],
    ] as const) {
      const { status, body } = await create(fields);
      expect([status, violationsOf(body)[0]?.field]).toEqual([400, field]);
    }
  });

  it.each([
    ["an unknown parameter", "limit=5", "limit"],
    ["one given twice", "pageSize=5&pageSize=6", "page_size"],
    ["text for a number", "pageSize=many", "page_size"],
    ["a number over its bound", "pageSize=101", "page_size"],
    ["a state that is none", "statuses=LOST", "statuses"],
    ["a time that is none", "createdAfter=yesterday", "created_after"],
    ["the path's own field", "webhookId=whe_2", "webhookId"],
  ])("refuses %s in the query", async (_, query, field) => {
    const { status, body } = await client(edge.http, "company").get<Refusal>(`/v1/webhooks/whe_1/deliveries?${query}`);
    expect([status, violationsOf(body)[0]?.field]).toEqual([400, field]);
  });

  it("wrote nothing of all that", () => {
    expect(edge.published).toEqual([]);
  });
});

describe("limits over HTTP", () => {
  it("answers 413 over 256 KiB, and over 4 MiB for a batch", async () => {
    const text = JSON.stringify({ eventType: "a.b", data: "x".repeat(300 * 1024) });
    const event = await publish(text);
    expect([event.status, event.body.code, reasonOf(event.body)]).toEqual([413, 8, "REQUEST_TOO_LARGE"]);
    expect(event.body.message).toContain("262144 bytes");
    const fits = await publish(`{"events":[${Array(15).fill(text).join(",")}]}`, {}, "/v1/events/batch");
    expect(fits.status).toBe(413);
  });

  it("takes a batch far over 256 KiB", async () => {
    const text = JSON.stringify({ eventType: "a.b", data: "x".repeat(200 * 1024) });
    expect((await publish(`{"events":[${Array(15).fill(text).join(",")}]}`, {}, "/v1/events/batch")).status).toBe(200);
  });

  it("takes JSON only, and only as it is", async () => {
    const form = await publish("a=b", { "content-type": "application/x-www-form-urlencoded" });
    expect([form.status, reasonOf(form.body)]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
    const packed = await publish("{}", { "content-encoding": "gzip" });
    expect([packed.status, reasonOf(packed.body)]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
  });
});

describe("errors over HTTP", () => {
  it("answers an unknown route with JSON", async () => {
    for (const [path, status] of [
      ["/v2/events", 404],
      ["/v1/webhooks/%ZZ", 400],
      [`/v1/webhooks/${"x".repeat(5_000)}`, 404],
    ] as const) {
      const answer = await client(edge.http, "company").get<Refusal>(path);
      expect([path.slice(0, 40), answer.status]).toEqual([path.slice(0, 40), status]);
      expect(answer.body.message).toEqual(expect.any(String));
    }
  });

  it("asks for a key, and says which kind is needed", async () => {
    const missing = await client(edge.http).get<Refusal>("/v1/companies");
    expect([missing.status, missing.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    const basic = await client(edge.http).get<Refusal>("/v1/companies", { authorization: "Basic YTpi" });
    expect([basic.status, reasonOf(basic.body)]).toEqual([401, "KEY_MISSING"]);
    const wrong = await client(edge.http, "nobody").get<Refusal>("/v1/companies");
    expect([wrong.status, reasonOf(wrong.body)]).toEqual([401, "KEY_UNKNOWN"]);
    const kind = await client(edge.http, "company").post<Refusal>("/v1/events", { eventType: "a", data: 1 });
    expect([kind.status, reasonOf(kind.body)]).toEqual([403, "WRONG_KEY_KIND"]);
    expect(kind.body.message).toContain("PublishEvent needs a workspace key; this is a company key");
  });

  it("asks for the key before it looks at the body", async () => {
    expect((await publish("{nonsense", { authorization: "Bearer nobody" })).status).toBe(401);
  });

  it.each([
    ["INVALID_ARGUMENT", 3, 400],
    ["UNAUTHENTICATED", 16, 401],
    ["PERMISSION_DENIED", 7, 403],
    ["NOT_FOUND", 5, 404],
    ["ALREADY_EXISTS", 6, 409],
    ["ABORTED", 10, 409],
    ["FAILED_PRECONDITION", 9, 400],
    ["RESOURCE_EXHAUSTED", 8, 429],
    ["UNIMPLEMENTED", 12, 501],
    ["UNAVAILABLE", 14, 503],
    ["DEADLINE_EXCEEDED", 4, 504],
  ] as const)("answers %s as code %d and status %d, with all its details", async (name, code, status) => {
    edge.failNext.error = new DomainError(name, "SOME_REASON", "what to do", {
      retryAfterMs: 1200,
      resource: { type: "event", name: "evt_1" },
      fieldViolations: [{ field: "data", description: "is odd" }],
    });
    const answer = await publish('{"eventType":"a.b","data":1}');
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([status, "2"]);
    expect(answer.body).toEqual({
      code,
      message: "what to do",
      details: [
        { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "SOME_REASON", domain: "sealpost.dev" },
        {
          "@type": "type.googleapis.com/google.rpc.BadRequest",
          fieldViolations: [{ field: "data", description: "is odd" }],
        },
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1.200s" },
        { "@type": "type.googleapis.com/google.rpc.ResourceInfo", resourceType: "event", resourceName: "evt_1" },
      ],
    });
  });

  it("answers 413 for an event that the rules find too large", async () => {
    edge.failNext.error = new DomainError("RESOURCE_EXHAUSTED", "EVENT_TOO_LARGE", "too large");
    expect((await publish('{"eventType":"a.b","data":1}')).status).toBe(413);
  });

  it("answers what nobody foresaw with a request id, and logs the cause under it", async () => {
    edge.failNext.error = new TypeError("password=hunter2");
    const { status, body, headers } = await publish('{"eventType":"a.b","data":1}');
    expect([status, body.code]).toEqual([500, 13]);
    expect(JSON.stringify(body)).not.toContain("hunter2");
    const { details } = edge.logged.at(-1) ?? { details: { requestId: "none" } };
    expect(details).toMatchObject({
      err: { message: "password=hunter2" },
      method: "sealpost.v1.EventService/PublishEvent",
    });
    expect(body.message).toContain(details.requestId as string);
    expect(headers.get("x-request-id")).toBe(details.requestId);
  });

  it("gives every answer a request id of its own, whatever the caller sent as one", async () => {
    const paths = ["/v1/companies", "/v1/companies/%", "/nowhere", "/healthz", "/openapi.json"];
    const ids = await Promise.all(
      ["admin", "nobody"].flatMap((key) =>
        paths.map(async (path) => {
          const answer = await client(edge.http, key).get(path, { "x-request-id": "mine" });
          return answer.headers.get("x-request-id");
        }),
      ),
    );
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
