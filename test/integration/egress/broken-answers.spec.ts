import type { Socket } from "node:net";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { until } from "../../harness/wait.ts";
import { type RawServer, startRawServer, writeForever } from "./raw-server.ts";
import { patientMs, startSending } from "./sending.ts";

const { sender, post } = startSending();
const servers: RawServer[] = [];

afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
afterAll(() => sender.close());

const ok = "HTTP/1.1 200 OK\r\n";

async function answering(onRequest: (socket: Socket) => void) {
  const server = await startRawServer({ onRequest });
  servers.push(server);
  const result = await post(server.url);
  // Ended by what came, not by the deadline.
  expect(result.timing.totalMs).toBeLessThan(patientMs);
  expect(server.requests).toBe(1);
  return { ...result, error: result.error.replaceAll(String(server.port), "PORT") };
}

describe("a receiver that breaks its connection", () => {
  it("before answering: CONNECT", async () => {
    expect(await answering((socket) => socket.end())).toMatchObject({
      outcome: "CONNECT",
      httpStatus: null,
      error: "localhost:PORT closed the connection without answering",
      response: null,
    });
    expect(await answering((socket) => socket.resetAndDestroy())).toMatchObject({
      outcome: "CONNECT",
      error: "localhost:PORT reset the connection without answering",
    });
  });

  it("in the middle of the headers: CONNECT", async () => {
    const result = await answering((socket) => socket.end(`${ok}content-le`));
    expect(result).toMatchObject({ outcome: "CONNECT", httpStatus: null });
  });

  it("in the middle of a 200's body: CONNECT, with the status and what had come", async () => {
    const result = await answering((socket) => socket.end(`${ok}content-length: 100\r\n\r\nhalf`));
    expect(result).toMatchObject({
      outcome: "CONNECT",
      httpStatus: 200,
      error: "answered 200, then localhost:PORT closed the connection before the end of its answer",
      response: { truncated: true },
    });
    expect(result.response?.body.toString()).toBe("half");
  });

  it("in the middle of a chunked 200: CONNECT", async () => {
    const head = `${ok}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n`;
    expect(await answering((socket) => socket.end(head))).toMatchObject({ outcome: "CONNECT", httpStatus: 200 });
    expect(await answering((socket) => socket.write(head, () => socket.resetAndDestroy()))).toMatchObject({
      outcome: "CONNECT",
    });
  });

  it("in the middle of a 503's body: still a 503, whose Retry-After counts", async () => {
    const head = "HTTP/1.1 503 Busy\r\nretry-after: 9\r\ncontent-length: 100\r\n\r\nhalf";
    const result = await answering((socket) => socket.end(head));
    expect(result).toMatchObject({
      outcome: "HTTP_5XX",
      httpStatus: 503,
      response: { headers: { "retry-after": "9" } },
    });
    expect(result.error).toMatch(/^answered 503, then localhost:PORT closed the connection/);
  });

  it("after an answer without a length: SUCCESS, that is how it ends", async () => {
    const result = await answering((socket) => socket.end(`${ok}\r\nall of it`));
    expect(result).toMatchObject({ outcome: "SUCCESS", response: { truncated: false } });
    expect(result.response?.body.toString()).toBe("all of it");
  });

  it("half, but still reads: CONNECT without waiting for the deadline", async () => {
    const result = await answering((socket) => {
      socket.removeAllListeners("end");
      socket.end();
    });
    expect(result.outcome).toBe("CONNECT");
  });
});

describe("a receiver that answers nonsense", () => {
  it.each([
    ["HTTP/0.9", "<html>hello</html>\n", /did not answer in HTTP\/1\.1 \(Expected HTTP/],
    ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n", /did not answer in HTTP\/1\.1/],
    [
      "101",
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
      /switched to another protocol/,
    ],
    ["100", "HTTP/1.1 100 Continue\r\n\r\n", /100 Continue/],
    ["20 KiB of headers", `${ok}x: ${"y".repeat(20_000)}\r\n\r\n`, /more than 16 KiB of headers/],
    ["100,000 headers", `${ok}${"a: b\r\n".repeat(100_000)}\r\n`, /more than 16 KiB of headers/],
    [
      "a broken chunk",
      `${ok}transfer-encoding: chunked\r\n\r\nzz\r\n`,
      /^answered 200, then .* \(Invalid character in chunk size\)/,
    ],
    ["two lengths", `${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, /content-length/],
  ])("%s: CONNECT, with what is wrong", async (_name, answer, error) => {
    const result = await answering((socket) => socket.write(answer));
    expect(result.outcome).toBe("CONNECT");
    expect(result.error).toMatch(error);
  });

  it("1xx without end: CONNECT at once", async () => {
    const result = await answering((socket) => writeForever(socket, "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"));
    expect(result).toMatchObject({ outcome: "CONNECT", error: "localhost:PORT sent more than 20 1xx answers" });
  });

  it("a chunk extension without end: CONNECT before the deadline", async () => {
    const result = await answering((socket) => {
      socket.write(`${ok}transfer-encoding: chunked\r\n\r\n1;`);
      writeForever(socket, "a".repeat(1000));
    });
    expect(result).toMatchObject({
      outcome: "CONNECT",
      httpStatus: 200,
      error: "answered 200, then the receiver sent more than 2 MiB",
    });
    await until(() => servers[0]?.sockets.size === 0, { what: "the connection to be closed" });
  });

  it("a few 1xx and then 200: SUCCESS", async () => {
    const hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(3);
    const result = await answering((socket) => socket.write(`${hints}${ok}content-length: 2\r\n\r\nok`));
    expect(result).toMatchObject({ outcome: "SUCCESS", httpStatus: 200 });
  });

  it("a body without end: its status counts, the connection is closed early", async () => {
    const result = await answering((socket) => {
      socket.write(`${ok}\r\n`);
      writeForever(socket, "x".repeat(16_384));
    });
    expect(result).toMatchObject({ outcome: "SUCCESS", httpStatus: 200, response: { truncated: true } });
    expect(result.response?.body).toHaveLength(65_536);
    await until(() => servers[0]?.sockets.size === 0, { what: "the connection to be closed" });
  });
});
