import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { startRawServer } from "./raw-server.ts";
import { deadlineMs, deadlineSlackMs, startSending } from "./sending.ts";

const pem = (name: string) => readFileSync(new URL(`certs/${name}`, import.meta.url), "utf8");
const certificate = (name: string) => ({ cert: pem(`${name}.pem`), key: pem(`${name}.key`) });

const { sender, post } = startSending({ certificateAuthorities: pem("ca.pem") });
let server: Server;
let names: (string | false | null)[];

afterEach(() => {
  server.close();
  server.closeAllConnections();
});
afterAll(() => sender.close());

async function serve(options: ServerOptions) {
  names = [];
  server = createServer(options, (_request, response) => void response.end("ok"));
  server.on("secureConnection", (socket: TLSSocket) => names.push(socket.servername));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

describe("over TLS", () => {
  it("sends, names the server, times each phase and uses the connection again", async () => {
    const port = await serve(certificate("good"));
    const first = await post(`https://localhost:${port}/`);
    expect(first).toMatchObject({ outcome: "SUCCESS", httpStatus: 200 });
    expect(first.timing.connectMs).toBeGreaterThan(0);
    expect(first.timing.tlsMs).toBeGreaterThan(0);
    expect((await post(`https://localhost:${port}/`)).timing).toMatchObject({ dnsMs: 0, connectMs: 0, tlsMs: 0 });
    expect(names).toEqual(["localhost"]);
  });

  it("checks the certificate of an address against the address", async () => {
    const port = await serve(certificate("good"));
    expect(await post(`https://127.0.0.1:${port}/`)).toMatchObject({ outcome: "SUCCESS" });
    expect(names).toEqual([false]);
  });

  it("speaks HTTP/1.1 to a server that would rather speak HTTP/2", async () => {
    const port = await serve({ ...certificate("good"), ALPNProtocols: ["h2", "http/1.1"] });
    expect(await post(`https://localhost:${port}/`)).toMatchObject({ outcome: "SUCCESS" });
  });

  it.each([
    ["expired", "localhost", /^certificate has expired \(127\.0\.0\.1:\d+\)$/],
    ["self-signed", "localhost", /^certificate is self-signed/],
    ["wrong-name", "localhost", /^certificate is for another name than localhost/],
  ])("refuses a certificate that is %s", async (name, host, error) => {
    const port = await serve(certificate(name));
    const result = await post(`https://${host}:${port}/`);
    expect(result).toMatchObject({ outcome: "TLS", httpStatus: null });
    expect(result.error).toMatch(error);
  });

  it("refuses an authority that it does not know", async () => {
    const port = await serve(certificate("good"));
    const strict = startSending();
    const result = await strict.post(`https://localhost:${port}/`);
    expect(result.outcome).toBe("TLS");
    expect(result.error).toMatch(/^certificate is signed by an unknown authority/);
    strict.sender.close();
  });

  it("refuses TLS 1.1", async () => {
    const port = await serve({
      ...certificate("good"),
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    const result = await post(`https://localhost:${port}/`);
    expect(result.outcome).toBe("TLS");
    expect(result.error).toMatch(/no common TLS version/);
  });

  it("says so when the port speaks plain http", async () => {
    const port = await serve(certificate("good"));
    const plain = await startRawServer({
      onConnection: (socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    });
    const result = await post(`https://localhost:${plain.port}/`);
    expect(result.outcome).toBe("TLS");
    expect(result.error).toMatch(/is it plain http\?/);
    await plain.close();
    expect(await post(`http://localhost:${port}/`)).toMatchObject({ outcome: "CONNECT" });
  });

  it("says so when the peer hangs up or stays silent in the handshake", async () => {
    await serve(certificate("good"));
    const closing = await startRawServer({ onConnection: (socket) => socket.once("data", () => socket.destroy()) });
    expect(await post(`https://localhost:${closing.port}/`)).toMatchObject({
      outcome: "TLS",
      error: `connection closed during the TLS handshake (127.0.0.1:${closing.port})`,
    });
    await closing.close();
    const silent = await startRawServer({});
    const hasty = startSending({ deadlineMs });
    const result = await hasty.post(`https://localhost:${silent.port}/`);
    hasty.sender.close();
    expect(result.outcome).toBe("TIMEOUT");
    expect(result.error).toBe(`not sent within 1 s: the TLS handshake with 127.0.0.1:${silent.port} did not end`);
    expect(result.timing.totalMs).toBeLessThan(deadlineMs + deadlineSlackMs);
    expect(result.timing.tlsMs).toBeGreaterThan(deadlineMs / 2);
    await silent.close();
  });
});
