import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { client } from "../../harness/client.ts";
import { nothing, Road, type ShownDelivery } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

let road: Road;

beforeAll(async () => {
  road = await Road.start();
});

afterAll(async () => {
  await road?.[Symbol.asyncDispose]();
});

interface Endpoint {
  id: string;
  secret: string;
}

describe("the six routes", () => {
  it("carry an audit event from publish to a verified, recorded delivery", async () => {
    const { workspaceId } = road.tenant;
    const created = await road.company.post<Endpoint>(`/v1/workspaces/${workspaceId}/webhooks`, {
      url: `${road.receiver.url}/audit`,
      events: ["AUDIT_EVENT_CREATED"],
    });
    expect(created).toMatchObject({
      status: 200,
      body: {
        id: expect.stringMatching(/^whe_/),
        url: `${road.receiver.url}/audit`,
        events: ["AUDIT_EVENT_CREATED"],
        status: "ACTIVE",
        region: "us",
        secret: expect.stringMatching(/^whsec_/),
      },
    });
    const { id, secret } = created.body;
    road.endpoints.push(id);

    const listed = await road.company.get<{ webhooks: Endpoint[]; nextPageToken: string }>(
      `/v1/workspaces/${workspaceId}/webhooks`,
    );
    expect(listed.body).toMatchObject({ webhooks: [{ id }], nextPageToken: "" });
    expect(listed.text).not.toContain(secret);

    const published = await road.workspace.post<{ id: string }>(
      "/v1/events",
      '{"category":"user","action":"login","actor":{"email":"user@example.com","serial":12345678901234567890}}',
    );
    expect(published).toMatchObject({
      status: 200,
      body: { id: expect.stringMatching(/^evt_/), eventType: "AUDIT_EVENT_CREATED", workspaceId, deliveryCount: 1 },
    });
    road.accepted.push(published.body.id);

    const request = await until(() => road.receiver.requests[0], { what: "the webhook" });
    const headers = request.headers as Record<string, string>;
    const verified = new Webhook(secret).verify(request.body, headers);
    expect(verified).toMatchObject({
      id: published.body.id,
      type: "AUDIT_EVENT_CREATED",
      workspaceId,
      data: { category: "user", action: "login", actor: { email: "user@example.com" }, occurredAt: expect.any(String) },
    });
    expect(request.body.toString()).toContain('"serial":12345678901234567890');
    expect(headers["webhook-id"]).toBe(published.body.id);

    const delivery = await until(
      async () => {
        const shown = await road.delivery(published.body.id, id);
        return shown?.status === "SUCCEEDED" ? shown : undefined;
      },
      { what: "the delivery's record" },
    );
    expect(delivery).toMatchObject({
      attemptCount: 1,
      attempts: [{ number: 1, outcome: "SUCCESS", httpStatus: 200, id: headers["sealpost-attempt-id"] }],
    });

    const disabled = await road.company.post(`/v1/webhooks/${id}/disable`);
    expect(disabled).toMatchObject({ status: 200, body: { id, status: "DISABLED" } });
    const enabled = await road.company.post(`/v1/webhooks/${id}/enable`);
    expect(enabled).toMatchObject({ status: 200, body: { id, status: "ACTIVE" } });
    expect(await road.nothingLost()).toEqual(nothing);
  });

  it("list an endpoint's deliveries newest first, page by page", async () => {
    const { id } = await road.endpoint({ url: `${road.receiver.url}/pages`, events: ["page"] });
    const events: string[] = [];
    for (let n = 0; n < 5; n++) events.push(await road.publish({ n }, { eventType: "page" }));
    const seen: string[] = [];
    let token = "";
    do {
      const page = await road.company.get<{ deliveries: ShownDelivery[]; nextPageToken: string }>(
        `/v1/webhooks/${id}/deliveries?pageSize=2&pageToken=${encodeURIComponent(token)}`,
      );
      expect(page.body.deliveries.length).toBeLessThanOrEqual(2);
      seen.push(...page.body.deliveries.map((delivery) => delivery.eventId));
      token = page.body.nextPageToken;
    } while (token !== "");
    expect(seen).toEqual(events.reverse());
  });

  it("give a project's endpoint its project's events only", async () => {
    const { projectId } = road.tenant;
    const project = await road.endpoint({ url: `${road.receiver.url}/project`, events: ["scoped"], projectId });
    const workspace = await road.endpoint({ url: `${road.receiver.url}/all`, events: ["scoped"] });
    const inside = await road.publish(1, { eventType: "scoped", projectId });
    const outside = await road.publish(2, { eventType: "scoped" });
    await road.record.settled();
    expect(await road.delivery(inside, project.id)).toBeDefined();
    expect(await road.delivery(outside, project.id)).toBeUndefined();
    expect(await road.delivery(inside, workspace.id)).toBeDefined();
    expect(await road.delivery(outside, workspace.id)).toBeDefined();
    road.endpoints.splice(-2);
    road.accepted.splice(-2);
  });

  it("carry an event as large as it may be", async () => {
    const { id } = await road.endpoint({ url: `${road.receiver.url}/large`, events: ["large"] });
    const text = "x".repeat(256 * 1024 - 200);
    const event = await road.publish(text, { eventType: "large" });
    const request = await until(() => road.receiver.requests.find((r) => r.path === "/large"), { what: "the webhook" });
    expect(JSON.parse(request.body.toString()).data).toBe(text);
    await until(async () => (await road.delivery(event, id))?.status === "SUCCEEDED", { what: "the record" });
  });

  it("make one more attempt by hand, under the same webhook-id", async () => {
    const { id } = await road.endpoint({ url: `${road.receiver.url}/again`, events: ["again"] });
    const event = await road.publish(1, { eventType: "again" });
    const done = await until(
      async () => {
        const shown = await road.delivery(event, id);
        return shown?.status === "SUCCEEDED" ? shown : undefined;
      },
      { what: "the delivery" },
    );
    const retried = await road.company.post(`/v1/deliveries/${done.id}/retry`);
    expect(retried).toMatchObject({ status: 200, body: { id: done.id } });
    const again = await until(
      async () => {
        const shown = await road.delivery(event, id);
        return shown?.attempts.length === 2 && shown.status === "SUCCEEDED" ? shown : undefined;
      },
      { what: "the second attempt" },
    );
    expect(again.attempts.map((attempt) => attempt.number)).toEqual([1, 2]);
    const ids = road.receiver.requests.filter((r) => r.path === "/again").map((r) => r.headers["webhook-id"]);
    expect(ids).toEqual([event, event]);
  });
});

describe("keys", () => {
  it("manage or publish, each in its own tenant; the wrong kind is told which one to use", async () => {
    const http = road.system.apis[0]?.http ?? "";
    const { workspaceId } = road.tenant;
    const wrong = await road.workspace.get(`/v1/workspaces/${workspaceId}/webhooks`);
    expect(wrong).toMatchObject({ status: 403, body: { code: 7, message: expect.stringMatching(/company key/) } });
    const publish = await road.company.post("/v1/events", { eventType: "a", data: 1 });
    expect(publish).toMatchObject({ status: 403, body: { code: 7, message: expect.stringMatching(/workspace key/) } });
    for (const key of [undefined, "nonsense", `${road.tenant.companyKey}x`]) {
      const refused = await client(http, key).get(`/v1/workspaces/${workspaceId}/webhooks`);
      expect(refused).toMatchObject({ status: 401, body: { code: 16 } });
    }
  });

  it("see the same answer for what is foreign and what is absent", async () => {
    const { id } = await road.endpoint({ events: ["mine"] });
    const stranger = await road.system.tenant();
    const theirs = client(road.system.apis[0]?.http ?? "", stranger.companyKey);
    const absent = "whe_01j00000000000000000000000";
    const foreign = await theirs.get(`/v1/webhooks/${id}`);
    expect(foreign.status).toBe(404);
    expect(foreign.text.replaceAll(id, absent)).toBe((await theirs.get(`/v1/webhooks/${absent}`)).text);
  });

  it("of a FREE company do not make endpoints", async () => {
    const free = await road.system.tenant("FREE");
    const refused = await client(road.system.apis[0]?.http ?? "", free.companyKey).post(
      `/v1/workspaces/${free.workspaceId}/webhooks`,
      { url: road.receiver.url, events: ["*"] },
    );
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 7, details: expect.arrayContaining([expect.objectContaining({ reason: "PLAN_REQUIRED" })]) },
    });
  });
});
