import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { nothing, Road } from "../../harness/road.ts";
import { type System, startSystem } from "../../harness/system.ts";
import { until } from "../../harness/wait.ts";

describe("an endpoint that is disabled", () => {
  it("gets no attempt two seconds after the answer, on any process, and what waits goes out on enable", async () => {
    let healthy = false;
    await using road = await Road.start({
      deliveries: 2,
      // Every first attempt is over, and the endpoint disabled, long before the second ones are due.
      schedule: "0s,5s,5s",
      answer: (_, response) => response.writeHead(healthy ? 200 : 500).end(),
    });
    const { id } = await road.endpoint();
    await road.publishBatch(Array.from({ length: 20 }, (_, n) => ({ data: n })));
    await until(async () => (await road.record.states()).RETRY_SCHEDULED === 20, { what: "first attempts" });

    const disabled = await road.company.post(`/v1/webhooks/${id}/disable`);
    expect(disabled).toMatchObject({ status: 200, body: { status: "DISABLED", disabledReason: "BY_REQUEST" } });
    healthy = true;
    // Published meanwhile: accepted, and no delivery for it.
    const meanwhile = await road.workspace.post("/v1/events", { eventType: "test.event", data: 1 });
    expect(meanwhile).toMatchObject({ status: 200, body: { deliveryCount: 0 } });

    const held = async () => (await road.record.jobs()).every((job) => job.held_reason === "ENDPOINT_DISABLED");
    await until(held, { what: "the retries that came due to be held" });
    expect(road.receiver.requests).toHaveLength(20);
    const shown = (await road.company.get(`/v1/webhooks/${id}/deliveries`)).body as { deliveries: unknown[] };
    expect(shown.deliveries).toHaveLength(20);
    for (const delivery of shown.deliveries) {
      expect(delivery).toMatchObject({ status: "RETRY_SCHEDULED", heldReason: "ENDPOINT_DISABLED" });
    }

    expect((await road.company.post(`/v1/webhooks/${id}/enable`)).body).toMatchObject({ status: "ACTIVE" });
    await until(async () => (await road.record.states()).SUCCEEDED === 20, { what: "what was held to go out" });
    expect(road.receiver.requests).toHaveLength(40);
    expect(await road.nothingLost()).toEqual(nothing);
  });

  it("may be enabled again at once: publish, disable, enable within seconds loses nothing", async () => {
    await using road = await Road.start();
    const { id } = await road.endpoint();
    await road.publish();
    // Recorded, not only received: what the process dies with is sent again.
    await until(async () => (await road.record.states())["SUCCEEDED"] === 1, { what: "a first delivery" });
    const [delivery] = road.system.deliveries;
    await delivery?.kill();
    await road.publish();
    await road.company.post(`/v1/webhooks/${id}/disable`);
    await delivery?.start();
    await until(async () => (await road.record.jobs()).some((job) => job.held_reason), {
      what: "the delivery to be held",
    });
    await road.company.post(`/v1/webhooks/${id}/enable`);
    await until(() => road.receiver.requests.length === 2, { what: "the held delivery" });
    expect(await road.nothingLost()).toEqual(nothing);
  });
});

describe("an endpoint that ends", () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem({ schedule: "0s,1h" });
  });
  afterAll(() => system?.stop());

  it("answers 410: that delivery has failed and the endpoint is disabled with the reason", async () => {
    await using road = await Road.on(system, (_, response) => void response.writeHead(410).end());
    const { id } = await road.endpoint();
    const event = await road.publish();
    const gone = await until(
      async () => {
        const delivery = await road.delivery(event);
        return delivery?.status === "FAILED" ? delivery : undefined;
      },
      { what: "the delivery to end" },
    );
    expect(gone).toMatchObject({ failureReason: "GONE", attemptCount: 1 });
    expect((await road.company.get(`/v1/webhooks/${id}`)).body).toMatchObject({
      status: "DISABLED",
      disabledReason: "GONE",
    });
  });

  it("is deleted: its waiting deliveries end with the reason, none vanishes", async () => {
    await using road = await Road.on(system, (_, response) => void response.writeHead(500).end());
    const { id } = await road.endpoint();
    for (let i = 0; i < 5; i++) await road.publish();
    await until(async () => (await road.record.states()).RETRY_SCHEDULED === 5, { what: "first attempts" });
    expect((await road.company.delete(`/v1/webhooks/${id}`)).status).toBe(200);
    const ended = async () => (await road.record.jobs()).every((job) => job.failure_reason === "ENDPOINT_DELETED");
    await until(ended, { what: "the deliveries to end" });
    expect((await road.company.get(`/v1/webhooks/${id}`)).status).toBe(404);
    expect(await road.nothingLost()).toEqual(nothing);
  });
});
