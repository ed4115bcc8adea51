import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { parseNoProxy } from "../../../internal/config/values.ts";
import { egressProxy } from "../../../internal/egress/proxy.ts";
import { OutgoingRules } from "../../../internal/network/outgoing-rules.ts";
import { type ConnectProxy, type ConnectProxyOptions, startConnectProxy } from "../../harness/connect-proxy.ts";
import { until } from "../../harness/wait.ts";
import { type RawServer, startRawServer, writeForever } from "./raw-server.ts";
import { patientMs, type Sending, deadlineMs as shortMs, startSending } from "./sending.ts";

const file = (name: string) => fileURLToPath(new URL(`certs/${name}`, import.meta.url));
const pem = (name: string) => readFileSync(file(name), "utf8");
const certificate = (name: string) => ({ cert: file(`${name}.pem`), key: file(`${name}.key`) });
const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

let receiver: RawServer;
/** What came to it, as text. */
let received: string;
let proxy: ConnectProxy | undefined;
let sending: Sending | undefined;
const others: (HttpsServer | ReturnType<typeof createServer>)[] = [];

beforeEach(async () => {
  received = "";
  receiver = await startRawServer({
    onConnection: (socket) => socket.on("data", (chunk) => void (received += String(chunk))),
    onRequest: (socket) => socket.write(ok),
  });
});

afterEach(async () => {
  sending?.sender.close();
  await proxy?.close();
  await receiver.close();
  for (const server of others.splice(0)) server.close();
  proxy = undefined;
});

interface Through extends ConnectProxyOptions {
  credentials?: string;
  noProxy?: string;
  production?: boolean;
  deadlineMs?: number;
}

/** A sender that goes through a proxy of the test's. */
async function through({
  credentials = "",
  noProxy = "",
  production = false,
  deadlineMs = patientMs,
  ...options
}: Through = {}) {
  proxy = await startConnectProxy(options);
  start(`${options.tls ? "https" : "http"}://${credentials}localhost:${proxy.port}`, {
    noProxy,
    production,
    deadlineMs,
  });
  return proxy;
}

function start(
  url: string,
  { noProxy = "", production = false, deadlineMs = patientMs }: Omit<Through, "credentials"> = {},
): Sending {
  sending = startSending({
    proxy: egressProxy(url, parseNoProxy(noProxy) ?? { names: [], cidrs: [] }),
    certificateAuthorities: pem("ca.pem"),
    deadlineMs,
    ...(production && { rules: new OutgoingRules({ development: false, deny: [] }) }),
  });
  return sending;
}

const post = (url = receiver.url) => (sending as Sending).post(url);

async function secureReceiver(name: string): Promise<{ url: string; names: unknown[] }> {
  const names: unknown[] = [];
  const server = createHttpsServer({ cert: pem(`${name}.pem`), key: pem(`${name}.key`) }, (_, response) =>
    response.end("ok"),
  );
  server.on("secureConnection", (socket) => names.push(socket.servername));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  others.push(server);
  return { url: `https://localhost:${(server.address() as AddressInfo).port}/hook`, names };
}

describe("through the egress proxy", () => {
  it("a receiver is asked for by the address that was checked, and its connection is used again", async () => {
    const { asked } = await through();
    expect(await post()).toMatchObject({ outcome: "SUCCESS", httpStatus: 200 });
    expect(await post()).toMatchObject({ outcome: "SUCCESS" });
    expect(asked).toEqual([
      { line: `CONNECT 127.0.0.1:${receiver.port}`, headers: `Host: 127.0.0.1:${receiver.port}` },
    ]);
    expect(receiver).toMatchObject({ requests: 2, connections: 1 });
  });

  it("TLS is spoken with the receiver itself, under its name", async () => {
    const good = await secureReceiver("good");
    const { asked } = await through();
    const result = await post(good.url);
    expect(result).toMatchObject({ outcome: "SUCCESS" });
    expect(result.timing.tlsMs).toBeGreaterThan(0);
    expect(good.names).toEqual(["localhost"]);
    expect(asked[0]?.line).toMatch(/^CONNECT 127\.0\.0\.1:\d+$/);
    const wrong = await secureReceiver("wrong-name");
    expect(await post(wrong.url)).toMatchObject({ outcome: "TLS", error: expect.stringContaining("another name") });
  });

  it("over TLS to the proxy too", async () => {
    const good = await secureReceiver("good");
    await through({ tls: certificate("good") });
    expect(await post()).toMatchObject({ outcome: "SUCCESS" });
    expect(await post(good.url)).toMatchObject({ outcome: "SUCCESS" });
  });

  it("user and password go to the proxy and not to the receiver", async () => {
    const { asked } = await through({ credentials: "us%40er:pass@" });
    expect(await post()).toMatchObject({ outcome: "SUCCESS" });
    expect(received).toContain("POST /hook HTTP/1.1");
    expect(asked[0]?.headers).toContain(`Proxy-Authorization: Basic ${Buffer.from("us@er:pass").toString("base64")}`);
    expect(received.toLowerCase()).not.toContain("proxy-");
  });

  it("what the list names goes directly", async () => {
    const { asked } = await through({ noProxy: "127.0.0.0/8" });
    expect(await post()).toMatchObject({ outcome: "SUCCESS" });
    expect(asked).toEqual([]);
  });

  it("the rules hold: nobody is asked for what they refuse", async () => {
    const { asked } = await through({ production: true });
    for (const url of ["https://127.0.0.1/", "https://10.0.0.1/", "https://localhost/", "http://8.8.8.8/"]) {
      expect(await post(url)).toMatchObject({ outcome: "BLOCKED" });
    }
    expect(asked).toEqual([]);
  });

  it("a receiver that cannot be reached is the receiver's failure", async () => {
    await through();
    const { port } = receiver;
    await receiver.close();
    receiver = await startRawServer({});
    const result = await post(`http://127.0.0.1:${port}/`);
    expect(result).toMatchObject({ outcome: "CONNECT", error: expect.stringContaining("it refused the connection") });
    expect(result).not.toHaveProperty("postponed");
  });

  it("a proxy that takes the request and never answers: TIMEOUT, for it is the receiver that is waited for", async () => {
    await through({ onRequest: () => {}, deadlineMs: shortMs });
    const result = await post(receiver.url.replace("localhost", "127.0.0.1"));
    expect(result).toMatchObject({ outcome: "TIMEOUT", error: expect.stringContaining("not sent within 1 s") });
    expect(result).not.toHaveProperty("postponed");
  });
});

describe("a failure of the proxy is ours, and nothing is sent:", () => {
  const ours = (error: string) => ({
    outcome: "INTERNAL",
    postponed: true,
    httpStatus: null,
    response: null,
    error: expect.stringContaining(error),
  });

  it.each([
    ["407 Proxy Authentication Required\r\nProxy-Authenticate: Basic", "answered 407 Proxy Authentication Required"],
    ["403 Forbidden", "answered 403 Forbidden"],
    ["502 Bad Gateway", "answered 502 Bad Gateway"],
    ["503 Service Unavailable", "answered 503 Service Unavailable"],
    ["302 Found\r\nlocation: http://127.0.0.1/", "answered 302 Found"],
  ])("answering %s", async (refusal, error) => {
    (await through()).refuse(refusal);
    expect(await post()).toMatchObject(ours(error));
    expect(receiver.connections).toBe(0);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ["closing the connection", (socket) => socket.end(), "closed the connection before it answered"],
    ["resetting the connection", (socket) => socket.resetAndDestroy(), "before it answered"],
    ["not speaking HTTP", (socket) => socket.write("SSH-2.0-OpenSSH\r\n\r\n"), "did not answer in HTTP/1.1"],
    ["speaking another HTTP", (socket) => socket.write("HTTP/2 200\r\n\r\n"), "did not answer in HTTP/1.1"],
    ["answering without end", (socket) => writeForever(socket, "HTTP/1.1 200 OK\r\nx: y\r\n"), "too great a length"],
  ])("%s", async (_, onRequest, error) => {
    await through({ onRequest });
    expect(await post()).toMatchObject(ours(error));
    expect(receiver.connections).toBe(0);
  });

  it("being away", async () => {
    const { port } = receiver;
    await receiver.close();
    receiver = await startRawServer({});
    start(`http://127.0.0.1:${port}`);
    expect(await post()).toMatchObject(ours(`cannot be used: connection refused by 127.0.0.1:${port}`));
    start("http://no-such-proxy.invalid:3128");
    expect(await post()).toMatchObject(ours("the egress proxy"));
  });

  it("a certificate that is not to be trusted", async () => {
    await through({ tls: certificate("self-signed") });
    expect(await post()).toMatchObject(ours("certificate is self-signed"));
  });

  it("speaking no TLS", async () => {
    proxy = await startConnectProxy();
    start(`https://localhost:${proxy.port}`, { deadlineMs: shortMs });
    expect(await post()).toMatchObject({ outcome: "INTERNAL", postponed: true });
  });

  it("not taking the connection in time", async () => {
    // Takes the socket, and never says a word of TLS.
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    others.push(silent);
    await once(silent, "listening");
    start(`https://localhost:${(silent.address() as AddressInfo).port}`, { deadlineMs: shortMs });
    const { post: send } = sending as Sending;
    const result = await send(receiver.url.replace("localhost", "127.0.0.1"));
    expect(result).toMatchObject(ours("the egress proxy did not take the connection within 1 s"));
    await until(() => (sending as Sending).sender.connections.connections === 0, { what: "the socket to be closed" });
  });
});
