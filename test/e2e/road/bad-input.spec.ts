import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Road } from "../../harness/road.ts";

let road: Road;

beforeAll(async () => {
  road = await Road.start({ deliveries: 0 });
});

afterAll(async () => {
  await road?.[Symbol.asyncDispose]();
});

/** What stands in the record: bad input must leave it as it was. */
async function written(): Promise<unknown> {
  return road.record.query(`select (select count(*) from webhook_events) as events,
    (select count(*) from webhook_endpoints) as endpoints, (select count(*) from webhook_jobs) as jobs,
    (select count(*) from idempotency_keys) as keys`);
}

const event = (data: string) => `{"eventType":"a","data":${data}}`;

describe("bad input is told what is wrong, and nothing is written", () => {
  it.each([
    ["malformed JSON", '{"eventType":', 400, /JSON/],
    ["no JSON object", "[]", 400, /object/],
    ["an unknown field", '{"eventType":"a","data":1,"colour":"red"}', 400, /colour/],
    ["a wrong type", '{"eventType":7,"data":1}', 400, /event_?[tT]ype/],
    ["300 KiB", event(JSON.stringify("x".repeat(300 * 1024))), 413, /262144/],
    ["a depth of 5,000", event("[".repeat(5000) + "]".repeat(5000)), 400, /32|deep/],
    ["a NUL in a name", '{"eventType":"a\\u0000","data":1}', 400, /event_?[tT]ype|NUL|control/i],
    ["a raw control character", event('"\u0001"'), 400, /control|JSON/],
    ["no event type", '{"data":1}', 400, /event_type/],
    ["no data", '{"eventType":"a"}', 400, /data/],
    ["a bad event type", '{"eventType":"a b","data":1}', 400, /event_type/],
    ["an unknown project", '{"eventType":"a","data":1,"projectId":"prj_01j00000000000000000000000"}', 404, /project/],
    ["a key too long", `{"eventType":"a","data":1,"idempotencyKey":"${"k".repeat(256)}"}`, 400, /idempotency_key/],
    ["an empty batch", undefined, 400, /events/],
  ])("%s", async (_name, body, status, message) => {
    const before = await written();
    const answer =
      body === undefined
        ? await road.workspace.post("/v1/events/batch", { events: [] })
        : await road.workspace.post("/v1/events", body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code: expect.any(Number), message: expect.stringMatching(message) });
    expect(await written()).toEqual(before);
  });

  it("invalid UTF-8", async () => {
    const before = await written();
    const http = road.system.apis[0]?.http ?? "";
    const body = Buffer.concat([
      Buffer.from('{"eventType":"a","data":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    const headers = { authorization: `Bearer ${road.tenant.workspaceKey}`, "content-type": "application/json" };
    const answer = await fetch(`${http}/v1/events`, { method: "POST", headers, body });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/UTF-8/);
    expect(await written()).toEqual(before);
  });

  it.each([
    ["empty events", { url: "http://127.0.0.1:9/", events: [] }, /events/],
    ["no url", { events: ["*"] }, /url/],
    ["a url of another scheme", { url: "ftp://127.0.0.1/", events: ["*"] }, /http/],
    ["a url with a password", { url: "http://a:b@127.0.0.1/", events: ["*"] }, /url/],
    ["* beside others", { url: "http://127.0.0.1:9/", events: ["*", "a"] }, /\*/],
    ["a short secret", { url: "http://127.0.0.1:9/", events: ["*"], secret: "whsec_YQ==" }, /24/],
  ])("an endpoint with %s", async (_name, body, message) => {
    const before = await written();
    const answer = await road.company.post(`/v1/workspaces/${road.tenant.workspaceId}/webhooks`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 3, message: expect.stringMatching(message) } });
    expect(await written()).toEqual(before);
  });

  it("unknown ids, foreign ids and a page token of somebody else", async () => {
    for (const path of ["/v1/webhooks/whe_nonsense", "/v1/deliveries/whd_01j00000000000000000000000", "/v1/events/1"]) {
      expect((await road.company.get(path)).status).toBe(404);
    }
    const { id } = await road.endpoint();
    const token = await road.company.get(`/v1/webhooks/${id}/deliveries?pageToken=AAAA`);
    expect(token).toMatchObject({ status: 400, body: { message: expect.stringMatching(/page_?token/i) } });
    expect((await road.company.get("/v1/nothing")).status).toBe(404);
  });

  it("one bad event of a batch: the others stand, each with its own result", async () => {
    const events = [
      { eventType: "a", data: 1 },
      { eventType: "a b", data: 1 },
      { eventType: "a", data: 2 },
    ];
    const answer = await road.workspace.post<{ results: { event?: object; error?: object }[] }>("/v1/events/batch", {
      events,
    });
    expect(answer.status).toBe(200);
    expect(answer.body.results.map((result) => Object.keys(result))).toEqual([["event"], ["error"], ["event"]]);
    expect(answer.body.results[1]?.error).toMatchObject({ code: 3, message: expect.stringMatching(/event_type/) });
  });
});
