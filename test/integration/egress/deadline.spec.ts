import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { until } from "../../harness/wait.ts";
import { type RawServer, startRawServer, writeForever } from "./raw-server.ts";
import { deadlineMs, deadlineSlackMs, startSending } from "./sending.ts";

const { sender, post } = startSending({ deadlineMs });
let server: RawServer;

afterEach(() => server.close());
afterAll(() => sender.close());

const ok = "HTTP/1.1 200 OK\r\n";
/** Connecting takes long where the machine is busy, and then it is told. */
const noAnswer = /^no answer within 1 s( \(after [\d.]+ s of connecting\))?$/;

async function timedOut(handlers: Parameters<typeof startRawServer>[0], body?: Buffer) {
  server = await startRawServer(handlers);
  const result = await post(server.url, body);
  expect(result.outcome).toBe("TIMEOUT");
  expect(result.timing.totalMs).toBeGreaterThanOrEqual(deadlineMs - 5);
  expect(result.timing.totalMs).toBeLessThan(deadlineMs + deadlineSlackMs);
  await until(() => sender.connections.connections === 0, { what: "the connection to be closed" });
  return result;
}

const answering = (onRequest: (socket: Socket) => void) => timedOut({ onRequest });

describe("the deadline", () => {
  it("ends a request that gets no answer", async () => {
    const result = await answering(() => {});
    expect(result).toMatchObject({ httpStatus: null, error: expect.stringMatching(noAnswer), response: null });
    expect(result.timing.firstByteMs).toBe(0);
  });

  it("ends headers that drip", async () => {
    const result = await answering((socket) => {
      socket.write(ok);
      writeForever(socket, "x-a: b\r\n", 50);
    });
    expect(result.error).toMatch(noAnswer);
    expect(result.timing.firstByteMs).toBeGreaterThan(0);
  });

  it("ends a body that drips, and keeps what came", async () => {
    const result = await answering((socket) => {
      socket.write(`${ok}content-length: 1000\r\n\r\n`);
      writeForever(socket, "x", 50);
    });
    expect(result).toMatchObject({ httpStatus: 200, response: { truncated: true } });
    expect(result.error).toBe("answered 200, but the answer did not end within 1 s");
    expect(result.response?.body.toString()).toMatch(/^x+$/);
  });

  it("ends 1xx answers that drip", async () => {
    await answering((socket) => writeForever(socket, "HTTP/1.1 102 Processing\r\n\r\n", 100));
  });

  it("ends chunk extensions without end", async () => {
    await answering((socket) => {
      socket.write(`${ok}transfer-encoding: chunked\r\n\r\n1`);
      writeForever(socket, ";name=value", 10);
    });
  });

  it("ends a receiver that never reads, with a large body half sent", async () => {
    const result = await timedOut({ onConnection: (socket) => socket.pause() }, randomBytes(32 * 1024 * 1024));
    expect(result.error).toMatch(noAnswer);
  });

  it("ends a request whose origin has no free connection, and the ones behind it", async () => {
    const one = startSending({ deadlineMs, connectionsPerOrigin: 1 });
    server = await startRawServer({ onRequest: () => {} });
    const results = await Promise.all([1, 2, 3].map(() => one.post(server.url)));
    expect(results.map((result) => result.outcome)).toEqual(["TIMEOUT", "TIMEOUT", "TIMEOUT"]);
    expect(results[2]?.error).toBe(`not sent within 1 s: every connection to localhost:${server.port} was busy`);
    expect(server.requests).toBe(1);
    one.sender.close();
  });

  it("is one for all that is in flight: 300 hanging requests end together, a healthy one is not held up", async () => {
    server = await startRawServer({ onRequest: () => {} });
    const healthy = await startRawServer({ onRequest: (socket) => socket.write(`${ok}content-length: 0\r\n\r\n`) });
    // So long that a busy machine answers the healthy one while all of them hang.
    const many = startSending({ deadlineMs: 5 * deadlineMs });
    const hanging = Array.from({ length: 300 }, () => many.post(server.url));
    expect(many.sender.inFlight).toBe(300);
    const fine = await many.post(healthy.url);
    expect(fine.outcome).toBe("SUCCESS");
    expect(many.sender.inFlight).toBe(300);
    for (const result of await Promise.all(hanging)) {
      expect(result.outcome).toBe("TIMEOUT");
      expect(result.timing.totalMs).toBeLessThan(5 * deadlineMs + deadlineSlackMs);
    }
    expect(many.sender.inFlight).toBe(0);
    many.sender.close();
    await healthy.close();
  });
});
