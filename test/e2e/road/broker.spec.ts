import { describe, expect, it } from "@jest/globals";
import { client } from "../../harness/client.ts";
import { nothing, Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

describe("a region's broker", () => {
  it("is stopped and started under load: events are still accepted and all are delivered", async () => {
    await using road = await Road.start();
    await road.endpoint();
    const load = road.load();
    await until(() => road.receiver.requests.length > 50, { what: "deliveries before the stop" });
    await road.system.nats.us?.stop();
    const before = road.accepted.length;
    await until(() => road.accepted.length > before + 50, { what: "events accepted without a broker" });
    await road.system.nats.us?.start();
    const seen = road.receiver.requests.length;
    await until(() => road.receiver.requests.length > seen + 50, {
      what: "deliveries after the start",
    });
    await load.stop();
    expect(await road.nothingLost()).toEqual(nothing);
  });

  it("loses its whole store under load: everything is delivered all the same", async () => {
    await using road = await Road.start({
      schedule: "0s,1s,1s,1s,1s",
      env: { SWEEP_GRACE: "11s" },
      answer: (_, response) => response.writeHead(Math.random() < 0.3 ? 500 : 200).end(),
    });
    await road.endpoint();
    const load = road.load();
    await until(() => road.receiver.requests.length > 100, { what: "deliveries before the loss" });
    await road.system.nats.us?.kill();
    await road.system.nats.us?.wipe();
    await road.system.nats.us?.start();
    const seen = road.receiver.requests.length;
    await until(() => road.receiver.requests.length > seen + 100, {
      what: "deliveries after the loss",
    });
    await load.stop();
    expect(await road.nothingLost()).toEqual(nothing);
  });

  it("takes no more: what its stream refuses waits in Postgres and goes out later", async () => {
    await using road = await Road.start({ env: { STREAM_MAX_PER_ENDPOINT: "5" } });
    await road.endpoint();
    const [delivery] = road.system.deliveries;
    expect(await delivery?.terminate()).toBe(0);
    for (let i = 0; i < 12; i++) await road.publish();
    const refused = async () => (await road.record.jobs()).filter((job) => job.queue === null).length === 7;
    await until(refused, { what: "seven refused publications" });
    await delivery?.start();
    await until(async () => (await road.record.states()).SUCCEEDED === 12, { what: "all twelve" });
    expect(await road.nothingLost()).toEqual(nothing);
  });
});

describe("two regions", () => {
  it("do not wait for each other: one broker is dead, the other region delivers as before", async () => {
    await using road = await Road.start({ regions: ["us", "eu"], deliveries: 2, deliveryRegions: [["us"], ["eu"]] });
    const european = await road.system.tenant("GROWTH", "eu");
    const http = road.system.apis[0]?.http ?? "";
    await road.endpoint({ url: `${road.receiver.url}/us` });
    const made = await client(http, european.companyKey).post(`/v1/workspaces/${european.workspaceId}/webhooks`, {
      url: `${road.receiver.url}/eu`,
      events: ["*"],
    });
    expect(made.status).toBe(200);
    await road.system.nats.eu?.stop();
    const publishEu = () => client(http, european.workspaceKey).post("/v1/events", { eventType: "a", data: 1 });
    const to = (path: string) => road.receiver.requests.filter((request) => request.path === path).length;
    // One after the other: if each waited until the other region's publication is given up, after 10 s, it would be 100 s.
    const askedAt = performance.now();
    for (let i = 1; i <= 10; i++) {
      expect((await publishEu()).status).toBe(200);
      await road.publish();
      await until(() => to("/us") === i, { what: "the healthy region's delivery" });
    }
    expect(performance.now() - askedAt).toBeLessThan(50_000);
    expect(to("/eu")).toBe(0);
    await road.system.nats.eu?.start();
    await until(() => to("/eu") === 10, { what: "the other region's deliveries" });
    await road.record.settled();
  });
});
