import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parseId } from "../../../internal/domain/ids.ts";
import { type Client, client } from "../../harness/client.ts";
import { Road } from "../../harness/road.ts";
import { type System, startSystem } from "../../harness/system.ts";

describe("an idempotency key", () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem({ apis: 2 });
  });
  afterAll(() => system?.stop());

  it("makes one event of two hundred concurrent calls", async () => {
    await using road = await Road.on(system);
    await road.endpoint();
    const apis = road.system.apis.map((api) => client(api.http, road.tenant.workspaceKey));
    const body = { eventType: "invoice.paid", data: { total: 1 }, idempotencyKey: "invoice-1" };
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => apis[i % apis.length] as Client).map((api) => api.post("/v1/events", body)),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(new Set(answers.map((answer) => (answer.body as { id: string }).id)).size).toBe(1);
    await road.record.settled();
    expect(road.receiver.requests).toHaveLength(1);
  });

  it("gives the first event again for the same content, and ALREADY_EXISTS for other content", async () => {
    await using road = await Road.on(system);
    const publish = (data: unknown, key: string, headers?: { [name: string]: string }) =>
      road.workspace.post("/v1/events", { eventType: "a", data, ...(headers ? {} : { idempotencyKey: key }) }, headers);
    const first = await publish(1, "k");
    expect((await publish(1, "k")).body).toEqual(first.body);
    expect((await publish(1, "k", { "idempotency-key": "k" })).body).toEqual(first.body);
    const other = await publish(2, "k");
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({
      code: 6,
      message: expect.stringMatching(/use a new key/),
      details: expect.arrayContaining([expect.objectContaining({ reason: "IDEMPOTENCY_KEY_REUSED" })]),
    });
    expect((await publish(2, "l")).status).toBe(200);
    const [count] = await road.record.query<{ events: number }>(
      "select count(*)::int as events from webhook_events where workspace_id = $1",
      [parseId("workspace", road.tenant.workspaceId)],
    );
    expect(count?.events).toBe(2);
  });
});
