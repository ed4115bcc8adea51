import { afterEach, expect, it } from "@jest/globals";
import { serveHttp } from "../../../internal/gateway/server.ts";
import { serveGrpc } from "../../../internal/rpc/server.ts";
import { client } from "../../harness/client.ts";
import { grpcClients } from "../../harness/grpc-clients.ts";
import { until } from "../../harness/wait.ts";
import { type Edge, startEdge } from "./edge.ts";

const open: Edge[] = [];
afterEach(async () => {
  for (const edge of open.splice(0)) await edge.close();
});

/** An edge whose next publications wait until they are let go. */
async function startHeld() {
  const edge = await startEdge();
  open.push(edge);
  const { promise, resolve } = Promise.withResolvers<void>();
  const publish = edge.apis.events.publish.bind(edge.apis.events);
  let waiting = 0;
  edge.apis.events.publish = async (caller, input) => {
    waiting++;
    await promise;
    return publish(caller, input);
  };
  return { edge, letGo: resolve, waiting: () => waiting };
}

it("answers the calls that are under way before it closes", async () => {
  const { edge, letGo, waiting } = await startHeld();
  const grpc = grpcClients(edge.grpc, "workspace");
  const overGrpc = grpc.events.publishEvent({ eventType: "a", data: Buffer.from("1") });
  const overHttp = client(edge.http, "workspace").post("/v1/events", { eventType: "a", data: 1 });
  await until(() => waiting() === 2, { what: "both calls to be under way" });
  const closed = Promise.all([edge.grpcServer.close(5_000), edge.httpServer.close(5_000)]);
  letGo();
  expect(await overGrpc).toMatchObject({ eventType: "a" });
  expect(await overHttp).toMatchObject({ status: 200 });
  await closed;
  grpc.close();
  await expect(client(edge.http).get("/healthz")).rejects.toThrow();
});

it("ends what does not finish within the grace", async () => {
  const { edge, letGo, waiting } = await startHeld();
  const stuck = client(edge.http, "workspace").post("/v1/events", { eventType: "a", data: 1 });
  const outcome = stuck.then(
    () => "answered",
    () => "ended",
  );
  await until(() => waiting() === 1, { what: "the call to be under way" });
  await edge.httpServer.close(50);
  expect(await outcome).toBe("ended");
  letGo();
});

it("names the address that is taken", async () => {
  const edge = await startEdge();
  open.push(edge);
  const options = { apis: edge.apis, door: edge.door, refusals: edge.refusals, logger: { error: () => {} } };
  for (const [serve, address] of [
    [serveHttp, edge.http.slice("http://".length)],
    [serveGrpc, edge.grpc],
  ] as const) {
    await expect(serve({ ...options, address })).rejects.toMatchObject({
      code: "EADDRINUSE",
      message: `${address} is taken: stop what listens there, or choose another port`,
    });
  }
});
