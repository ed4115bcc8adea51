import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { freePort } from "../../../internal/devstack/free-port.ts";
import { type ConnectProxy, startConnectProxy } from "../../harness/connect-proxy.ts";
import { nothing, Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

let road: Road;
let proxy: ConnectProxy | undefined;
let port: number;

beforeAll(async () => {
  port = await freePort();
  road = await Road.start({
    // Whoever used up an attempt would have to wait for the next one.
    schedule: "0s,1h",
    env: { EGRESS_PROXY_URL: `http://us:secret@127.0.0.1:${port}` },
  });
});

afterAll(async () => {
  await road?.[Symbol.asyncDispose]();
  await proxy?.close();
});

describe("while the egress proxy is away", () => {
  it("deliveries wait, nothing is charged to the endpoint, and they leave when it is back", async () => {
    const endpoint = await road.endpoint();
    const events = await Promise.all(Array.from({ length: 20 }, () => road.publish()));
    const first = events[0] as string;
    const waiting = await until(
      async () => {
        const delivery = await road.delivery(first);
        // It is tried again now and then, and shown as SENDING meanwhile.
        return delivery?.attempts.length === 1 && delivery.status === "PENDING" ? delivery : undefined;
      },
      { what: "the delivery to be postponed" },
    );
    expect(waiting).toMatchObject({ status: "PENDING", attemptCount: 0 });
    expect(waiting.attempts).toEqual([
      expect.objectContaining({
        number: 0,
        outcome: "INTERNAL",
        error: `the egress proxy cannot be used: connection refused by 127.0.0.1:${port}`,
      }),
    ]);
    const statistics = async () =>
      (await road.company.get<{ statistics: object }>(`/v1/webhooks/${endpoint.id}`)).body.statistics;
    expect(await statistics()).toMatchObject({ attempts: "0", failed: "0", consecutiveFailures: 0 });
    expect(road.receiver.requests).toEqual([]);

    proxy = await startConnectProxy({ port });
    expect(await road.nothingLost()).toEqual(nothing);
    expect(road.receiver.requests).toHaveLength(20);
    expect(await statistics()).toMatchObject({ attempts: "20", succeeded: "20", failed: "0" });
    const delivered = await road.delivery(first);
    expect(delivered).toMatchObject({ status: "SUCCEEDED", attemptCount: 1 });
    expect(delivered?.attempts.map(({ number, outcome }) => `${number} ${outcome}`).toSorted()).toEqual([
      "0 INTERNAL",
      "1 SUCCESS",
    ]);
    expect(proxy.asked[0]?.line).toBe(`CONNECT ${road.receiver.url.slice("http://".length)}`);
  });
});
