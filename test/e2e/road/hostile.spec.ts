import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Road, type ShownDelivery } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";
import { type RawServer, startRawServer, writeForever } from "../../integration/egress/raw-server.ts";

const certs = new URL("../../integration/egress/certs/", import.meta.url);
const pem = (name: string) => readFileSync(new URL(name, certs), "utf8");
const ok = "HTTP/1.1 200 OK\r\n";
const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));

type Play = (socket: Socket) => unknown;

/** What each does once a request has arrived whole, and how the attempt ends. */
const receivers: Record<string, { outcome: string; plays: Play }> = {
  "never answers": { outcome: "TIMEOUT", plays: () => {} },
  "drips headers": { outcome: "TIMEOUT", plays: (socket) => socket.write(ok) && writeForever(socket, "x: y\r\n", 300) },
  "drips a body": {
    outcome: "TIMEOUT",
    plays: (socket) => socket.write(`${ok}content-length: 9999\r\n\r\n`) && writeForever(socket, "x", 300),
  },
  "drips 1xx": { outcome: "TIMEOUT", plays: (socket) => writeForever(socket, "HTTP/1.1 102 Processing\r\n\r\n", 900) },
  "drips a chunk's extension": {
    outcome: "TIMEOUT",
    plays: (socket) => socket.write(`${ok}transfer-encoding: chunked\r\n\r\n1`) && writeForever(socket, ";a=b", 300),
  },
  "floods with 1xx": {
    outcome: "CONNECT",
    plays: (socket) => writeForever(socket, "HTTP/1.1 103 Early Hints\r\n\r\n"),
  },
  "has an endless body": {
    outcome: "SUCCESS",
    plays: (socket) => socket.write(`${ok}\r\n`) && writeForever(socket, "x".repeat(1000)),
  },
  "has an endless chunk extension": {
    outcome: "CONNECT",
    plays: (socket) =>
      socket.write(`${ok}transfer-encoding: chunked\r\n\r\n1;`) && writeForever(socket, "a".repeat(1000)),
  },
  "sends a gzip bomb": {
    outcome: "SUCCESS",
    plays: (socket) =>
      socket.write(`${ok}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`) && socket.write(bomb),
  },
  "sends 100,000 headers": {
    outcome: "CONNECT",
    plays: (socket) => socket.write(`${ok}${"a: b\r\n".repeat(100_000)}\r\n`),
  },
  "sends 100,000 trailers": {
    outcome: "CONNECT",
    plays: (socket) => socket.write(`${ok}transfer-encoding: chunked\r\n\r\n0\r\n${"a: b\r\n".repeat(100_000)}\r\n`),
  },
  "closes its side": { outcome: "CONNECT", plays: (socket) => socket.removeAllListeners("end") && socket.end() },
  resets: { outcome: "CONNECT", plays: (socket) => socket.resetAndDestroy() },
  "truncates a 200": { outcome: "CONNECT", plays: (socket) => socket.end(`${ok}content-length: 100\r\n\r\nhalf`) },
  "switches protocols": {
    outcome: "CONNECT",
    plays: (socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
  },
  "speaks HTTP/0.9": { outcome: "CONNECT", plays: (socket) => socket.end("<html>hello</html>\n") },
};

const tls: Record<string, { certificate: string; options?: TlsOptions }> = {
  "has a certificate of its own": { certificate: "self-signed" },
  "has somebody else's certificate": { certificate: "wrong-name" },
  "has an expired certificate": { certificate: "expired" },
  "speaks TLS 1.1": {
    certificate: "good",
    options: { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
  },
};

/** A collector that takes its time, on a busy machine. Whoever kept what the floods send would need gigabytes. */
const roomMiB = 400;

let road: Road;
const raw: RawServer[] = [];
const secure: TlsServer[] = [];
/** Endpoint ids by what their receivers do. */
const endpoints: Record<string, string> = {};

beforeAll(async () => {
  road = await Road.start({
    schedule: "0s,1s,1s",
    env: { NODE_EXTRA_CA_CERTS: fileURLToPath(new URL("ca.pem", certs)) },
  });
  await road.endpoint({ events: ["healthy"] });
  for (const [name, { plays }] of Object.entries(receivers)) {
    const server = await startRawServer({ onRequest: (socket) => void plays(socket) });
    raw.push(server);
    await add(name, server.url);
  }
  const unread = await startRawServer({ onConnection: (socket) => socket.pause() });
  raw.push(unread);
  await add("never reads", unread.url);
  const loop = await startRawServer({
    onRequest: (socket) => socket.write(`HTTP/1.1 307 x\r\nlocation: ${loop.url}\r\ncontent-length: 0\r\n\r\n`),
  });
  raw.push(loop);
  await add("redirects to itself", loop.url);
  for (const [name, { certificate, options }] of Object.entries(tls)) {
    const server = createTlsServer({ cert: pem(`${certificate}.pem`), key: pem(`${certificate}.key`), ...options });
    server.on("tlsClientError", () => {});
    secure.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await add(name, `https://localhost:${(server.address() as { port: number }).port}/hook`);
  }
});

afterAll(async () => {
  await road?.[Symbol.asyncDispose]();
  for (const server of secure) server.close();
  await Promise.all(raw.map((server) => server.close()));
});

async function add(name: string, url: string): Promise<void> {
  endpoints[name] = (await road.endpoint({ url, events: ["hostile"] })).id;
}

/** Resident memory of the delivery process, in MiB. */
function residentMiB(): number {
  const status = readFileSync(`/proc/${road.system.deliveries[0]?.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

type Attempt = ShownDelivery["attempts"][number] & { timing?: { totalMs: number } };

async function firstAttempt(event: string, name: string): Promise<Attempt> {
  return until(
    async () => {
      const first = (await road.delivery(event, endpoints[name]))?.attempts.find(({ number }) => number === 1);
      return first && first.outcome !== "IN_PROGRESS" ? first : undefined;
    },
    { what: `the first attempt at the receiver that ${name}` },
  );
}

const healthyArrived = () => road.receiver.requests.length;

describe("hostile receivers, all at once, under the real deadline,", () => {
  it("each end as what they are, hold up nobody else, and fill no memory", async () => {
    await road.publish(0, { eventType: "healthy" });
    await until(() => healthyArrived() === 1, { what: "the first healthy delivery" });
    const before = residentMiB();

    const events: string[] = [];
    for (let n = 0; n < 3; n++) events.push(await road.publish(n, { eventType: "hostile" }));
    for (let n = 0; n < 50; n++) await road.publish(n, { eventType: "healthy" });
    await until(() => healthyArrived() === 51, { what: "the healthy deliveries" });
    // Those that hang take three times ten seconds each: they were under way all the time.
    expect(await road.record.open()).toBeGreaterThan(0);

    const event = events[0] as string;
    const ended: Record<string, string> = {};
    for (const name of Object.keys(endpoints)) {
      const { outcome, error, timing } = await firstAttempt(event, name);
      ended[name] = outcome;
      // 10 s, and what a busy machine is late by.
      expect(timing?.totalMs ?? 0).toBeLessThan(20_000);
      if (outcome === "TIMEOUT") expect(error).toContain("within 10 s");
      else expect(error).not.toContain("within");
    }
    expect(ended).toEqual({
      ...Object.fromEntries(Object.entries(receivers).map(([name, { outcome }]) => [name, outcome])),
      ...Object.fromEntries(Object.keys(tls).map((name) => [name, "TLS"])),
      "never reads": "TIMEOUT",
      "redirects to itself": "HTTP_3XX",
    });
    expect(residentMiB() - before).toBeLessThan(roomMiB);
  });
});
