import { describe, expect, it } from "@jest/globals";
import { nothing, Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

describe("the retry schedule, in real seconds", () => {
  it("makes each attempt when it is due and ends with the last", async () => {
    await using road = await Road.start({
      schedule: "0s,1s,2s",
      answer: (_, response) => response.writeHead(500).end(),
    });
    await road.endpoint();
    const event = await road.publish();
    const ended = await until(
      async () => {
        const delivery = await road.delivery(event);
        return delivery?.status === "FAILED" ? delivery : undefined;
      },
      { what: "the schedule to be used up" },
    );
    expect(ended).toMatchObject({ attemptCount: 3, failureReason: "EXHAUSTED" });
    expect(ended.attempts.map(({ number, outcome, httpStatus }) => ({ number, outcome, httpStatus }))).toEqual(
      [1, 2, 3].map((number) => ({ number, outcome: "HTTP_5XX", httpStatus: 500 })),
    );
    const times = road.receiver.requests.map((request) => request.receivedAt);
    const gaps = [(times[1] ?? 0) - (times[0] ?? 0), (times[2] ?? 0) - (times[1] ?? 0)];
    expect(gaps[0]).toBeGreaterThanOrEqual(950);
    expect(gaps[1]).toBeGreaterThanOrEqual(1950);
    expect(await road.nothingLost()).toEqual(nothing);
  });

  it("keeps the webhook-id over attempts and signs each anew", async () => {
    let answers = 0;
    await using road = await Road.start({
      schedule: "0s,1s",
      answer: (_, response) => response.writeHead(++answers === 1 ? 503 : 200).end(),
    });
    await road.endpoint();
    const event = await road.publish();
    await until(async () => (await road.delivery(event))?.status === "SUCCEEDED", { what: "the second attempt" });
    const headers = road.receiver.requests.map((request) => request.headers);
    expect(headers.map((h) => h["webhook-id"])).toEqual([event, event]);
    expect(headers[0]?.["webhook-signature"]).not.toBe(headers[1]?.["webhook-signature"]);
    expect(headers[0]?.["sealpost-attempt-id"]).not.toBe(headers[1]?.["sealpost-attempt-id"]);
    expect(await road.nothingLost()).toEqual(nothing);
  });

  it("still serves what waits in a tier after the schedule has changed", async () => {
    let healthy = false;
    await using road = await Road.start({
      schedule: "0s,4s",
      answer: (_, response) => response.writeHead(healthy ? 200 : 500).end(),
    });
    await road.endpoint();
    const event = await road.publish();
    await until(async () => (await road.delivery(event))?.status === "RETRY_SCHEDULED", { what: "the first failure" });
    healthy = true;
    const [delivery] = road.system.deliveries;
    expect(await delivery?.terminate()).toBe(0);
    await road.system.addDelivery({ env: { WEBHOOK_RETRY_SCHEDULE: "0s,1h" } });
    await until(async () => (await road.delivery(event))?.status === "SUCCEEDED", { what: "the old tier's retry" });
    expect(await road.nothingLost()).toEqual(nothing);
  });
});
