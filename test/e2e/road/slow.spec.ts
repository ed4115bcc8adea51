import { describe, expect, it } from "@jest/globals";
import { nothing, Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

describe("a slow receiver", () => {
  it("is seen while it takes its time: SENDING, with an attempt in progress, and still one attempt", async () => {
    let answer = () => {};
    await using road = await Road.start({ answer: (_, response) => void (answer = () => response.end()) });
    await road.endpoint();
    const event = await road.publish();
    const sending = await until(
      async () => {
        const delivery = await road.delivery(event);
        return delivery?.status === "SENDING" ? delivery : undefined;
      },
      { what: "the delivery to be SENDING" },
    );
    expect(sending.attempts).toMatchObject([{ number: 1, outcome: "IN_PROGRESS" }]);
    answer();
    await until(async () => (await road.delivery(event))?.status === "SUCCEEDED", { what: "the answer" });
    expect((await road.delivery(event))?.attempts).toMatchObject([{ number: 1, outcome: "SUCCESS" }]);
    expect(await road.nothingLost()).toEqual(nothing);
  });

  it("that hangs takes the lane and keeps nobody else waiting, and its deliveries end by the schedule", async () => {
    await using road = await Road.start({
      schedule: "0s,1s",
      env: { DELIVERY_TIMEOUT: "2s", DELIVERY_CONCURRENCY: "16", DELIVERY_SLOW_CONCURRENCY: "16" },
      answer: (request, response) => void (request.path === "/healthy" && response.end()),
    });
    const hanging = await road.endpoint({ url: `${road.receiver.url}/hanging`, events: ["hanging"], maxInFlight: 8 });
    await road.endpoint({ url: `${road.receiver.url}/healthy`, events: ["healthy"] });
    const many = Array.from({ length: 40 }, (_, n) => ({ eventType: "hanging", data: n }));
    expect((await road.workspace.post("/v1/events/batch", { events: many })).status).toBe(200);
    await until(() => road.receiver.requests.length > 3, { what: "the first hanging requests" });
    await road.publishBatch(Array.from({ length: 30 }, (_, n) => ({ eventType: "healthy", data: n })));
    const healthy = () => road.receiver.requests.filter((request) => request.path === "/healthy").length;
    // Each hanging request takes 2 s and all of them 10 s at least: the healthy ones are through long before.
    await until(() => healthy() === 30, { what: "the healthy deliveries" });
    expect((await road.record.states()).FAILED ?? 0).toBeLessThan(40);
    const metrics = await (await fetch(`${road.system.deliveries[0]?.metrics}/metrics`)).text();
    expect(Number(/^sealpost_lane_moves_total\{region="us"\} (\d+)/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    await road.record.settled(90_000);
    expect(await road.record.states()).toEqual({ SUCCEEDED: 30, FAILED: 40 });
    const { body } = await road.company.get<{ statistics: object }>(`/v1/webhooks/${hanging.id}`);
    expect(body.statistics).toMatchObject({ attempts: "80", failed: "80", consecutiveFailures: 80 });
    expect(await road.record.unrecorded(road.receiver.requests)).toEqual([]);
  });
});
