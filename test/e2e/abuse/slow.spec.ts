import { constants } from "node:http2";
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

/** Sends `text` and then a byte at a time, for as long as the server listens. */
async function drip(text: string): Promise<string> {
  const socket = target.socket("http");
  socket.write(text);
  const timer = setInterval(() => socket.write("x"), 200);
  const answer = await answerOn(socket);
  clearInterval(timer);
  return answer;
}

describe("senders that are slow, all of them at once", () => {
  it("are ended, and are no burden meanwhile", async () => {
    const session = target.session();
    const half = beginCall(session);
    half.write(frameHeader(1000));
    half.write("ten bytes.");
    const silent = beginCall(session);
    const watch = beginCall(session, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    const ends = [half, silent, watch].map(endOf);
    const head = "POST /v1/events HTTP/1.1\r\nhost: localhost\r\n";
    const dripped = [
      drip(`${head}x-slow: `),
      drip(`${head}content-type: application/json\r\ncontent-length: 9000\r\n\r\n{`),
    ];
    await target.stands();
    const late = { status: status.DEADLINE_EXCEEDED, message: expect.stringContaining("did not become whole in time") };
    expect(await Promise.all(ends)).toEqual([late, late, late]);
    for (const answer of await Promise.all(dripped)) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toContain('"code":4');
    }
    // The connection itself did nothing wrong: it goes on.
    expect(session.destroyed).toBe(false);
    expect(await endOf(beginCall(session).end())).toMatchObject({ status: expect.any(Number) });
    session.destroy();
  });
});

describe("streams that do nothing", () => {
  it("5,000 of them: the connection with the most is closed, until few enough are left", async () => {
    const shed = 'sealpost_connections_shed_total{protocol="grpc"}';
    const before = await target.metric(shed);
    const closed: number[] = [];
    const sessions = Array.from({ length: 5 }, () => target.session());
    for (const session of sessions) session.on("goaway", (code) => closed.push(code));
    for (const session of sessions) for (let n = 0; n < 1000; n++) beginCall(session);
    await until(() => closed.length > 0, { what: "a connection to be closed" });
    expect(closed.every((code) => code === constants.NGHTTP2_ENHANCE_YOUR_CALM)).toBe(true);
    expect((await target.metric(shed)) - before).toBe(closed.length);
    await target.stands();
    expect(sessions.some((session) => !session.destroyed)).toBe(true);
    for (const session of sessions) session.destroy();
  });

  it("more than 1,000 on one connection wait on the client's side", async () => {
    const session = target.session();
    await until(() => session.remoteSettings?.maxConcurrentStreams === 1000, { what: "the server's settings" });
    session.destroy();
  });
});

describe("bodies of strangers", () => {
  const bytes = 4_000_000;

  it("over gRPC: 240 MB in halves are not kept", async () => {
    const session = target.session();
    const { promise, resolve } = Promise.withResolvers<number>();
    session.once("goaway", resolve);
    for (let n = 0; n < 60; n++) {
      const call = beginCall(session, "/sealpost.v1.EventService/BatchPublishEvents");
      call.write(frameHeader(4_194_304));
      call.write(Buffer.alloc(bytes));
    }
    expect(await promise).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    session.destroy();
  });

  it("over HTTP: 240 MB in halves are not kept", async () => {
    const shed = 'sealpost_connections_shed_total{protocol="http"}';
    const head = "POST /v1/events/batch HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    const sockets = Array.from({ length: 60 }, () => target.socket("http"));
    for (const socket of sockets) {
      socket.write(`${head}content-length: 4194304\r\n\r\n`);
      socket.write(Buffer.alloc(bytes, "["));
    }
    await until(async () => (await target.metric(shed)) > 0, { what: "a connection to be closed" });
    await target.stands();
    for (const socket of sockets) socket.destroy();
  });
});
