import type { Server } from "node:net";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { freePort } from "../../../internal/devstack/free-port.ts";
import { parseId } from "../../../internal/domain/ids.ts";
import { Road, type ShownDelivery } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

let road: Road;
let broken: Server;
let brokenPort: number;

beforeAll(async () => {
  road = await Road.start({
    schedule: "0s,1h",
    env: { DELIVERY_TIMEOUT: "5s" },
    answer: (request, response) => {
      if (request.path === "/hang") return;
      const status = Number(request.path.slice(1));
      response.writeHead(status, { location: "/200" }).end(`status ${status}`);
    },
  });
  // Takes connections and speaks nothing that TLS could use.
  broken = createServer((socket) => void socket.on("error", () => {}).end("not TLS\n"));
  await new Promise<void>((resolve) => broken.listen(0, "127.0.0.1", resolve));
  brokenPort = (broken.address() as { port: number }).port;
});

afterAll(async () => {
  broken?.close();
  await road?.[Symbol.asyncDispose]();
});

async function attempt(url: string): Promise<ShownDelivery["attempts"][number] & { responseBody?: string }> {
  const type = `outcome_${road.endpoints.length}`;
  const { id } = await road.endpoint({ url, events: [type] });
  const event = await road.publish(1, { eventType: type });
  const delivery = await until(
    async () => {
      const shown = await road.delivery(event, id);
      return shown?.attempts[0] && shown.attempts[0].outcome !== "IN_PROGRESS" ? shown : undefined;
    },
    { what: `an attempt at ${url}` },
  );
  const { body } = await road.company.get<ShownDelivery>(`/v1/deliveries/${delivery.id}`);
  const [first] = body.attempts;
  if (!first) throw new Error("no attempt");
  return first;
}

describe("how an attempt ended, as the record shows it", () => {
  it.each([
    ["204", "SUCCESS"],
    ["302", "HTTP_3XX"],
    ["404", "HTTP_4XX"],
    ["503", "HTTP_5XX"],
  ])("answer %s is %s", async (status, outcome) => {
    expect(await attempt(`${road.receiver.url}/${status}`)).toMatchObject({ outcome, httpStatus: Number(status) });
  });

  it("keeps what the receiver answered", async () => {
    expect(await attempt(`${road.receiver.url}/500`)).toMatchObject({
      responseBody: "status 500",
      responseHeaders: expect.objectContaining({ location: "/200" }),
    });
  });

  it("no answer in time is TIMEOUT", async () => {
    const { outcome, httpStatus, error } = await attempt(`${road.receiver.url}/hang`);
    expect({ outcome, httpStatus }).toEqual({ outcome: "TIMEOUT", httpStatus: 0 });
    expect(error).toMatch(/5 s/);
  });

  it("a name without an address is DNS", async () => {
    expect(await attempt("http://nowhere.invalid/")).toMatchObject({
      outcome: "DNS",
      error: expect.stringContaining("nowhere.invalid"),
    });
  });

  it("a port nobody listens on is CONNECT", async () => {
    const port = await freePort();
    expect(await attempt(`http://127.0.0.1:${port}/`)).toMatchObject({
      outcome: "CONNECT",
      error: expect.stringContaining(String(port)),
    });
  });

  it("a peer that does not speak TLS is TLS", async () => {
    expect(await attempt(`https://127.0.0.1:${brokenPort}/`)).toMatchObject({ outcome: "TLS" });
  });

  it("a secret that cannot be opened sends nothing: the delivery waits until it can", async () => {
    const { id } = await road.endpoint({ url: `${road.receiver.url}/200`, events: ["sealed"] });
    const spoilt = await road.record.query(
      "update webhook_endpoint_secrets set sealed = sealed || 'x'::bytea where endpoint_id = $1 returning id",
      [parseId("endpoint", id)],
    );
    expect(spoilt).toHaveLength(1);
    const before = road.receiver.requests.length;
    const event = await road.publish(1, { eventType: "sealed" });
    const left = async () => (await road.record.jobs()).some((job) => job.queue === null && job.status === "PENDING");
    await until(left, { what: "the delivery to be left with Postgres" });
    expect(road.receiver.requests).toHaveLength(before);
    expect(await road.delivery(event, id)).toMatchObject({ status: "PENDING", attempts: [] });
  });
});
