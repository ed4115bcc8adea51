import grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type GrpcClients, grpcClients } from "../../harness/grpc-clients.ts";
import { nothing, Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

let road: Road;
let company: GrpcClients;
let workspace: GrpcClients;

beforeAll(async () => {
  road = await Road.start();
  const address = road.system.apis[0]?.grpc ?? "";
  company = grpcClients(address, road.tenant.companyKey);
  workspace = grpcClients(address, road.tenant.workspaceKey);
});

afterAll(async () => {
  company?.close();
  workspace?.close();
  await road?.[Symbol.asyncDispose]();
});

interface Endpoint {
  id: string;
  status: string;
  secret: string;
  etag: string;
  description: string;
}

describe("over gRPC", () => {
  it("goes the same road: create, publish, list, disable, enable, delete", async () => {
    const { workspaceId } = road.tenant;
    const made = await company.endpoints.createWebhookEndpoint<Endpoint>({
      workspaceId,
      url: `${road.receiver.url}/grpc`,
      events: ["invoice.paid"],
    });
    expect(made).toMatchObject({ id: expect.stringMatching(/^whe_/), status: "ACTIVE" });
    expect(made.secret).toMatch(/^whsec_/);
    road.endpoints.push(made.id);

    const data = Buffer.from('{"total":10.10,"id":12345678901234567890}');
    const event = await workspace.events.publishEvent<{ id: string; deliveryCount: number }>({
      eventType: "invoice.paid",
      data,
    });
    expect(event.deliveryCount).toBe(1);
    road.accepted.push(event.id);
    const request = await until(() => road.receiver.requests[0], { what: "the webhook" });
    expect(request.body.includes(data)).toBe(true);
    const read = await company.events.getEvent<{ data: Buffer }>({ eventId: event.id });
    expect(read.data.toString()).toBe(data.toString());

    const { deliveries } = await until(
      async () => {
        const page = await company.deliveries.listDeliveries<{ deliveries: { status: string; attempts: unknown[] }[] }>(
          {
            webhookId: made.id,
            statuses: ["SUCCEEDED"],
          },
        );
        return page.deliveries.length === 1 ? page : undefined;
      },
      { what: "the record" },
    );
    expect(deliveries[0]).toMatchObject({ status: "SUCCEEDED", attempts: [{ outcome: "SUCCESS", httpStatus: 200 }] });

    const webhookId = made.id;
    expect(await company.endpoints.disableWebhookEndpoint({ webhookId })).toMatchObject({ status: "DISABLED" });
    const enabled = await company.endpoints.enableWebhookEndpoint<Endpoint>({ webhookId });
    expect(enabled.status).toBe("ACTIVE");

    const changed = await company.endpoints.updateWebhookEndpoint<Endpoint>({
      webhookId,
      description: "new",
      url: "http://127.0.0.1:1/ignored",
      updateMask: { paths: ["description"] },
      etag: enabled.etag,
    });
    expect(changed).toMatchObject({ description: "new", url: `${road.receiver.url}/grpc` });
    await expect(
      company.endpoints.updateWebhookEndpoint({ webhookId, description: "late", etag: enabled.etag }),
    ).rejects.toMatchObject({ code: grpc.status.ABORTED });
    expect(await road.nothingLost()).toEqual(nothing);
    await company.endpoints.deleteWebhookEndpoint({ webhookId });
    await expect(company.endpoints.getWebhookEndpoint({ webhookId })).rejects.toMatchObject({
      code: grpc.status.NOT_FOUND,
    });
    road.endpoints.pop();
    road.accepted.pop();
  });

  it("publishes a batch of 500 with one result each, and refuses 501", async () => {
    const events = Array.from({ length: 500 }, (_, n) => ({ eventType: "batch", data: Buffer.from(String(n)) }));
    const { results } = await workspace.events.batchPublishEvents<{ results: { event?: { id: string } }[] }>({
      events,
    });
    expect(new Set(results.map((result) => result.event?.id)).size).toBe(500);
    await expect(workspace.events.batchPublishEvents({ events: [...events, events[0]] })).rejects.toMatchObject({
      code: grpc.status.INVALID_ARGUMENT,
      details: expect.stringMatching(/500/),
    });
  });

  it("answers errors with a status, a message and details", async () => {
    await expect(workspace.events.publishEvent({ eventType: "a", data: Buffer.from("{") })).rejects.toMatchObject({
      code: grpc.status.INVALID_ARGUMENT,
      details: expect.stringMatching(/data/),
    });
    const big = Buffer.from(JSON.stringify("x".repeat(300 * 1024)));
    await expect(workspace.events.publishEvent({ eventType: "a", data: big })).rejects.toMatchObject({
      code: grpc.status.RESOURCE_EXHAUSTED,
    });
    await expect(company.events.publishEvent({ eventType: "a", data: Buffer.from("1") })).rejects.toMatchObject({
      code: grpc.status.PERMISSION_DENIED,
    });
  });
});
