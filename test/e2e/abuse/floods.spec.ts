import { constants } from "node:http2";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { until } from "../../harness/wait.ts";
import { answerOn, beginCall, endOf, frameHeader, Target } from "./target.ts";

let target: Target;
beforeAll(async () => {
  target = await Target.start();
});
afterAll(() => target?.[Symbol.asyncDispose]());
afterEach(() => target.stands());

describe("HTTP/2", () => {
  const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const frame = (type: number, payload: Buffer, flags = 0, stream = 0) => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  };
  const settings = frame(4, Buffer.alloc(0));

  it("calls that are taken back at once end their connection", async () => {
    const session = target.session();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    session.once("close", resolve);
    let sent = 0;
    while (!session.destroyed && sent < 100_000) {
      const calls: ReturnType<typeof beginCall>[] = [];
      for (let n = 0; n < 200 && !session.destroyed; n++, sent++) calls.push(beginCall(session));
      await new Promise((wake) => setImmediate(wake));
      for (const call of calls) call.close(constants.NGHTTP2_CANCEL);
      // Until the server has read them: it cannot end the connection for what it has not seen.
      if (!session.destroyed) await new Promise<void>((wake) => session.ping(() => wake()));
    }
    await closed;
    expect(sent).toBeLessThan(100_000);
  });

  it.each([
    ["pings without end", frame(6, Buffer.alloc(8))],
    ["settings without end", settings],
    ["headers that never end", frame(9, Buffer.from("0001610162".repeat(200), "hex"), 0, 1)],
  ])("%s, and nobody who reads the answers, end their connection", async (_, one) => {
    const socket = target.socket("grpc");
    socket.pause();
    socket.write(preface);
    socket.write(settings);
    // A stream whose header block is left open; its continuations follow.
    if (one[3] === 9) socket.write(frame(1, Buffer.from([0x82]), 0, 1));
    const flood = Buffer.concat(Array.from({ length: 1000 }, () => one));
    let closed = false;
    socket.once("close", () => {
      closed = true;
    });
    // A paused socket does not hear of its end by itself: the write that fails does.
    const ended = () => {
      if (!socket.writableNeedDrain) socket.write(flood);
      return closed || socket.errored;
    };
    await until(ended, { what: "the server to close" });
    socket.destroy();
  });

  it("70 kB of metadata are refused", async () => {
    const session = target.session();
    const huge = Object.fromEntries(Array.from({ length: 70 }, (_, n) => [`x-${n}`, "v".repeat(1000)]));
    const call = beginCall(session, undefined, huge);
    call.end(frameHeader(0));
    expect(await endOf(call)).toHaveProperty("reset");
    session.destroy();
  });

  it("bytes that are no HTTP/2 are not waited for", async () => {
    for (const text of [
      "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
      "\u0000".repeat(100),
      `${preface}${"\u0000".repeat(100)}`,
    ]) {
      const socket = target.socket("grpc");
      socket.write(text, "latin1");
      await answerOn(socket);
    }
  });

  it("a content type that is not gRPC is answered 415", async () => {
    const session = target.session();
    const stream = session.request({ ":method": "POST", ":path": "/x", "content-type": "application/json" });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    stream.once("response", (headers) => resolve(headers[":status"]));
    stream.end("{}");
    expect(await promise).toBe(415);
    session.destroy();
  });

  it("256 MiB in a compressed message is not unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 28));
    const session = target.session();
    const call = beginCall(session, undefined, { "grpc-encoding": "gzip" });
    const end = endOf(call);
    call.write(frameHeader(bomb.length, 1));
    call.end(bomb);
    expect(await end).toMatchObject({ status: status.RESOURCE_EXHAUSTED });
    session.destroy();
  });
});

describe("HTTP/1", () => {
  /** Sends bytes as they are; answers everything that came back. */
  async function send(text: string | Buffer): Promise<string> {
    const socket = target.socket("http");
    socket.write(text);
    return answerOn(socket);
  }
  const statusOf = (answer: string) => Number(answer.slice("HTTP/1.1 ".length).split(" ", 1)[0]);
  const json = (answer: string) => JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as { code: number };

  it.each([
    ["headers of 20 KiB", `GET /healthz HTTP/1.1\r\nhost: a\r\nx: ${"v".repeat(20 * 1024)}\r\n\r\n`, 431, 8],
    ["a path of 20 KiB", `GET /${"v".repeat(20 * 1024)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431, 8],
    ["no HTTP", "EHLO localhost\r\n\r\n", 400, 3],
    ["a raw NUL in a header", "GET /healthz HTTP/1.1\r\nhost: a\r\nx: a\u0000b\r\n\r\n", 400, 3],
    [
      "two lengths of one body",
      "POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n1",
      400,
      3,
    ],
    [
      "a length beside chunks, which is read in two ways",
      "POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
      3,
    ],
  ])("%s", async (_, text, httpStatus, code) => {
    const answer = await send(text);
    expect(statusOf(answer)).toBe(httpStatus);
    expect(json(answer)).toMatchObject({ code, message: expect.any(String), details: [expect.anything()] });
  });

  it("20 kB of chunk extensions before one byte", async () => {
    const head =
      "POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    expect(statusOf(await send(`${head}1;x=${"v".repeat(20_000)}\r\n{\r\n0\r\n\r\n`))).toBe(431);
  });

  it("256 MiB in a compressed body is not unpacked", async () => {
    const { http } = target.road.system.apis[0] as { http: string };
    const bomb = gzipSync(Buffer.alloc(2 ** 28));
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const refused = await fetch(`${http}/v1/events`, { method: "POST", headers, body: new Uint8Array(bomb) });
    expect([413, 415]).toContain(refused.status);
    const small = await fetch(`${http}/v1/events`, { method: "POST", headers, body: new Uint8Array(gzipSync("{}")) });
    expect(small.status).toBe(415);
  });

  it("5,000 requests sent before the first answer is read are all answered, in order", async () => {
    const socket = target.socket("http");
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    socket.pause();
    socket.write(get("/healthz").repeat(4999));
    socket.write(get("/last").replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"));
    await target.stands();
    socket.resume();
    const answers = (await answerOn(socket)).match(/HTTP\/1\.1 \d+/g) ?? [];
    expect(answers).toHaveLength(5000);
    expect(answers.at(-1)).toBe("HTTP/1.1 404");
  });

  it.each(["http", "grpc"] as const)("2,100 connections over %s: the last hundred are closed", async (protocol) => {
    const others: Socket[] = [];
    let closed = 0;
    try {
      // In steps: more at once than the kernel's queue holds would be its test.
      while (others.length < 2100) {
        const some = Array.from({ length: 100 }, () => target.socket(protocol).resume());
        others.push(...some);
        await Promise.all(some.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
        for (const socket of some) socket.once("close", () => closed++);
      }
      await until(() => closed >= 100, { what: "what is too much to be closed" });
      expect(closed).toBeLessThan(200);
    } finally {
      for (const socket of others) socket.destroy();
    }
    const stands = () =>
      target.stands().then(
        () => true,
        () => false,
      );
    await until(stands, { what: "the port to be free again" });
  });
});
