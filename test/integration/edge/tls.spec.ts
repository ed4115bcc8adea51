import { Agent, request } from "node:https";
import grpc from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "@jest/globals";
import { WatchedCertificate } from "../../../internal/tls/watched-certificate.ts";
import { client } from "../../harness/client.ts";
import { grpcClients } from "../../harness/grpc-clients.ts";
import { until } from "../../harness/wait.ts";
import { clientPair, connectTls, Mount, pem, servedName } from "./certificates.ts";
import { type Edge, startEdge } from "./edge.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

async function startTls(server: string, clients?: string) {
  const mount = new Mount(server, clients);
  const said: string[][] = [];
  const served: string[] = [];
  const certificate = new WatchedCertificate(mount.files, {
    pollMs: 10,
    onServe: ({ fingerprint }) => served.push(fingerprint),
    onBroken: (problems) => said.push(problems),
  });
  const edge = await startEdge(certificate);
  cleanUp.push(
    () => certificate.stop(),
    () => edge.close(),
  );
  return { mount, edge, said, served, ports: [edge.httpServer.port, edge.grpcServer.port] };
}

function overGrpc({ grpc: address }: Edge, pair?: { cert: Buffer; key: Buffer }) {
  const credentials = grpc.credentials.createSsl(pem("server-ca.pem"), pair?.key ?? null, pair?.cert ?? null);
  const clients = grpcClients(address.replace("127.0.0.1", "localhost"), "workspace", credentials);
  cleanUp.push(() => clients.close());
  return () => clients.events.publishEvent({ eventType: "a", data: Buffer.from("1") });
}

/** Publishes over one connection that is kept; answers the status and whether the connection was there before. */
function overHttps({ http }: Edge, pair?: { cert: Buffer; key: Buffer }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: pem("server-ca.pem"), ...pair });
  cleanUp.push(() => agent.destroy());
  return () => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; reused: boolean }>();
    const headers = { authorization: "Bearer workspace", "content-type": "application/json" };
    const sent = request(
      `${http.replace("127.0.0.1", "localhost")}/v1/events`,
      { agent, method: "POST", headers },
      (response) => {
        response.resume().once("end", () => resolve({ status: response.statusCode, reused: sent.reusedSocket }));
      },
    );
    sent.once("error", reject).end('{"eventType":"a","data":1}');
    return promise;
  };
}

describe("a changed certificate", () => {
  it("is what new connections get, while calls under way and open connections go on", async () => {
    const { mount, edge, ports, served } = await startTls("server-1");
    const [publishGrpc, publishHttps] = [overGrpc(edge), overHttps(edge)];
    expect([await publishGrpc(), await publishHttps()]).toMatchObject([{ eventType: "a" }, { status: 200 }]);

    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const publish = edge.apis.events.publish;
    let waiting = 0;
    edge.apis.events.publish = async (caller, input) => {
      waiting++;
      await held;
      return publish(caller, input);
    };
    const underWay = Promise.all([publishGrpc(), publishHttps()]);
    await until(() => waiting === 2, { what: "both calls to be under way" });
    mount.change("server-2");
    for (const port of ports) {
      await until(async () => (await servedName(port)) === "server, second", { what: "the second certificate" });
    }
    letGo();
    expect(await underWay).toMatchObject([{ eventType: "a" }, { status: 200, reused: true }]);
    expect(await publishGrpc()).toMatchObject({ eventType: "a" });
    expect(await publishHttps()).toEqual({ status: 200, reused: true });
    expect(served).toHaveLength(2);
  });

  it("that cannot be served leaves the one before, is told once, and gives way to one that can", async () => {
    const { mount, ports, said, served } = await startTls("server-1");
    mount.write({ "tls.crt": pem("server-2.pem"), "tls.key": pem("server-1.key") });
    await until(() => said.length > 0, { what: "the complaint" });
    expect(said).toEqual([[expect.stringMatching(/^TLS_KEY_FILE .*not the key of the certificate/)]]);
    mount.write({ "tls.crt": "nonsense" });
    await until(() => said.length > 1, { what: "the second complaint" });
    expect(said[1]).toHaveLength(2);
    for (const port of ports) expect(await servedName(port)).toBe("server, first");
    mount.change("server-2");
    await until(() => served.length === 2, { what: "the second certificate" });
    for (const port of ports) expect(await servedName(port)).toBe("server, second");
    expect(said).toHaveLength(2);
  });
});

describe("with an authority for clients", () => {
  const [first, second] = [clientPair("client-1"), clientPair("client-2")];

  it("lets in who shows its certificate, over gRPC and HTTP, and nobody else", async () => {
    const { edge } = await startTls("server-1", "clients-1");
    expect(await overGrpc(edge, first)()).toMatchObject({ eventType: "a" });
    expect(await overHttps(edge, first)()).toMatchObject({ status: 200 });
    const published = edge.published.length;
    for (const pair of [undefined, second]) {
      await expect(overGrpc(edge, pair)()).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE });
      await expect(overHttps(edge, pair)()).rejects.toThrow();
    }
    expect(edge.published).toHaveLength(published);
  });

  it("refuses whom a replaced authority signed, also with a session from before", async () => {
    const { mount, edge, served } = await startTls("server-1", "clients-1");
    const { port } = edge.httpServer;
    const options = { ...first, maxVersion: "TLSv1.2" } as const;
    const before = await connectTls(port, options);
    const session = before.getSession();
    const resumed = await connectTls(port, { ...options, session });
    expect(resumed.isSessionReused()).toBe(true);
    mount.change("server-1", "clients-2");
    await until(() => served.length === 2, { what: "the second authority" });
    await expect(connectTls(port, { ...options, session })).rejects.toThrow();
    await expect(overGrpc(edge, first)()).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE });
    expect(await overGrpc(edge, second)()).toMatchObject({ eventType: "a" });
    for (const socket of [before, resumed]) socket.destroy();
  });
});

describe("what is refused", () => {
  it("TLS below 1.2, by the server", async () => {
    const { ports } = await startTls("server-1");
    for (const port of ports) {
      const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
      await expect(servedName(port, old)).rejects.toMatchObject({ code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" });
      expect(await servedName(port, { maxVersion: "TLSv1.2" })).toBe("server, first");
    }
  });

  it("plain text, without an answer that could be taken for one", async () => {
    const { edge } = await startTls("server-1");
    const { events, close } = grpcClients(edge.grpc, "workspace");
    cleanUp.push(close);
    await expect(events.publishEvent({ eventType: "a", data: Buffer.from("1") })).rejects.toMatchObject({
      code: grpc.status.UNAVAILABLE,
    });
    const plain = client(edge.http.replace("https:", "http:"), "workspace");
    await expect(plain.post("/v1/events", { eventType: "a", data: 1 })).rejects.toThrow("fetch failed");
    expect(edge.published).toEqual([]);
  });
});
