import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { client } from "../../harness/client.ts";
import { type ConnectProxy, startConnectProxy } from "../../harness/connect-proxy.ts";
import { type Receiver, startReceiver } from "../../harness/receiver.ts";
import { Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

/**
 * Under the rules of production. The cluster's private addresses are the proxy's: whatever it is asked for, it connects
 * to the receiver, and says what it was asked for.
 */
let road: Road;
let proxy: ConnectProxy;
let inside: Receiver;

beforeAll(async () => {
  inside = await startReceiver();
  proxy = await startConnectProxy({ leadsTo: inside.url.slice("http://".length) });
  road = await Road.start({
    schedule: "0s,1h",
    apis: 2,
    deliveries: 1,
    env: {
      SEALPOST_MODE: "production",
      LISTEN_ADDRESS: "127.0.0.1",
      ALLOW_PLAINTEXT_API: "true",
      EGRESS_DENY_CIDRS: "10.97.0.0/16",
      EGRESS_PROXY_URL: `http://127.0.0.1:${proxy.port}`,
    },
  });
});

afterAll(async () => {
  await road?.[Symbol.asyncDispose]();
  await proxy?.close();
  await inside?.close();
});

const networks = { networks: [{ name: "services", cidr: "10.96.0.0/12" }], allowHttp: true };
const setNetworks = (body: object) =>
  client(road.system.apis[0]?.http ?? "", road.system.adminKey).post(
    `/v1/companies/${road.tenant.companyId}/delivery-networks`,
    body,
  );
const create = (url: string, api = 0) =>
  client(road.system.apis[api]?.http ?? "", road.tenant.companyKey).post<{ id: string }>(
    `/v1/workspaces/${road.tenant.workspaceId}/webhooks`,
    { url, events: ["*"] },
  );

/** How the next event's delivery to the endpoint ended. */
async function outcome(webhookId: string): Promise<string> {
  const event = await road.publish();
  const ended = await until(
    async () => {
      const attempts = (await road.delivery(event, webhookId))?.attempts;
      return attempts?.find(({ outcome }) => outcome !== "IN_PROGRESS");
    },
    { what: "an attempt" },
  );
  return `${ended.outcome} ${ended.error}`;
}

describe("a company's delivery networks", () => {
  it("open the cluster's addresses to its endpoints, in every process, until they are taken back", async () => {
    const url = "http://10.96.0.10:8080/in";
    expect(await create(url)).toMatchObject({ status: 400, text: expect.stringContaining("RFC 1918") });
    expect(await setNetworks(networks)).toMatchObject({
      status: 200,
      body: { deliveryNetworks: { ...networks, nameSuffixes: [] } },
    });
    const made = await create(url, 1);
    expect(made.status).toBe(200);
    expect(await create("http://10.97.0.1/")).toMatchObject({ status: 400, text: expect.stringContaining("denies") });
    expect(await create("http://127.0.0.1/")).toMatchObject({ status: 400, text: expect.stringContaining("loopback") });

    expect(await outcome(made.body.id)).toBe("SUCCESS ");
    expect(proxy.asked.map(({ line }) => line)).toEqual(["CONNECT 10.96.0.10:8080"]);
    expect(inside.requests).toHaveLength(1);

    await setNetworks({});
    const refused = await until(
      async () => {
        const ended = await outcome(made.body.id);
        return ended.startsWith("SUCCESS") ? undefined : ended;
      },
      { what: "the delivery process to hear of it" },
    );
    expect(refused).toContain("BLOCKED 10.96.0.10 is refused: 10.96.0.10 is in 10.0.0.0/8 (private network, RFC 1918)");
    expect(new Set(proxy.asked.map(({ line }) => line))).toEqual(new Set(["CONNECT 10.96.0.10:8080"]));
  });
});
