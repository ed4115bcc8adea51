import grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { serveHttp } from "../../../internal/gateway/server.ts";
import { CidrSet, parseCidr } from "../../../internal/network/cidr.ts";
import { serveGrpc } from "../../../internal/rpc/server.ts";
import { Door } from "../../../internal/tenancy/door.ts";
import { memoryFlow } from "./memory.ts";

/** Both protocols on every address of both families, where sockets show IPv4 peers inside IPv6. */
let servers: { grpc: number; http: number; close(): Promise<void> };
const seen: string[] = [];
beforeAll(async () => {
  const { apis, authenticator, refusals } = memoryFlow();
  const trustedProxies = new CidrSet(["127.0.0.1", "10.0.0.0/8"].flatMap((text) => parseCidr(text) ?? []));
  const door = new Door({ authenticator, rateLimit: { take: async () => {} }, trustedProxies });
  const watched: Pick<Door, "identify" | "admit"> = {
    async identify(arrival) {
      const visitor = await door.identify(arrival);
      seen.push(visitor.caller.origin.address);
      return visitor;
    },
    admit: (visitor, access) => door.admit(visitor, access),
  };
  const options = { address: "[::]:0", apis, door: watched, refusals, logger: { error: () => {} } };
  const [rpc, web] = [await serveGrpc(options), await serveHttp(options)];
  servers = {
    grpc: rpc.port,
    http: web.port,
    close: async () => void (await Promise.all([rpc.close(500), web.close(500)])),
  };
});
afterAll(() => servers.close());

async function overHttp(host: string, forwardedFor: string[]): Promise<void> {
  const headers = new Headers({ authorization: "Bearer company" });
  for (const value of forwardedFor) headers.append("x-forwarded-for", value);
  await fetch(`http://${host}:${servers.http}/v1/webhooks/x`, { headers });
}

async function overGrpc(host: string, forwardedFor: string[]): Promise<void> {
  const stub = new grpc.Client(`${host}:${servers.grpc}`, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  metadata.set("authorization", "Bearer company");
  for (const value of forwardedFor) metadata.add("x-forwarded-for", value);
  const pass = (bytes: Buffer) => bytes;
  const path = "/sealpost.v1.WebhookEndpointService/GetWebhookEndpoint";
  await new Promise((done) => stub.makeUnaryRequest(path, pass, pass, Buffer.alloc(0), metadata, done));
  stub.close();
}

it.each([
  ["127.0.0.1", [], "127.0.0.1"],
  ["127.0.0.1", ["203.0.113.9"], "203.0.113.9"],
  ["127.0.0.1", ["198.51.100.1", "203.0.113.9"], "203.0.113.9"],
  ["127.0.0.1", ["198.51.100.1, 203.0.113.9", "10.1.2.3"], "203.0.113.9"],
  ["127.0.0.1", ["203.0.113.9", "203.0.113.9:80"], ""],
  // This one is no trusted proxy.
  ["[::1]", ["203.0.113.9"], "::1"],
])("a call to %s that says %j comes from %j, over HTTP and gRPC", async (host, forwardedFor, expected) => {
  seen.length = 0;
  await overHttp(host, forwardedFor);
  await overGrpc(host, forwardedFor);
  expect(seen).toEqual([expected, expected]);
});
