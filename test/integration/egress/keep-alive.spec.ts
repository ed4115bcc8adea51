import { afterEach, describe, expect, it } from "@jest/globals";
import { until } from "../../harness/wait.ts";
import { type RawServer, startRawServer } from "./raw-server.ts";
import { type Sending, startSending } from "./sending.ts";

let sending: Sending;
let server: RawServer;

afterEach(async () => {
  sending.sender.close();
  await server.close();
});

const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

async function start(onRequest: Parameters<typeof startRawServer>[0]["onRequest"], options = {}) {
  sending = startSending(options);
  server = await startRawServer({ ...(onRequest && { onRequest }) });
  return () => sending.post(server.url);
}

describe("connections", () => {
  it("are used again, and the phases that did not happen took no time", async () => {
    const post = await start((socket) => socket.write(ok));
    const first = await post();
    expect(first.timing.dnsMs).toBeGreaterThan(0);
    expect(first.timing.connectMs).toBeGreaterThan(0);
    expect(first.timing.tlsMs).toBe(0);
    const second = await post();
    expect(second.timing).toMatchObject({ dnsMs: 0, connectMs: 0, tlsMs: 0 });
    expect(second.timing.firstByteMs).toBeGreaterThan(0);
    expect(second.timing.totalMs).toBeGreaterThanOrEqual(second.timing.firstByteMs);
    expect(server).toMatchObject({ requests: 2, connections: 1 });
  });

  it("that the peer closed while idle are replaced: the request arrives once", async () => {
    const post = await start((socket) => socket.write(ok));
    await post();
    for (const socket of server.sockets) socket.end();
    await until(() => sending.sender.connections.connections === 0, { what: "the closed connection to be dropped" });
    expect(await post()).toMatchObject({ outcome: "SUCCESS" });
    expect(server).toMatchObject({ requests: 2, connections: 2 });
  });

  it("that the peer closed in the very moment of the next request never carry it unseen or twice", async () => {
    const post = await start((socket) => socket.write(ok));
    for (let round = 0; round < 20; round++) {
      await post();
      const seen = server.requests;
      for (const socket of server.sockets) socket.destroy();
      const result = await post();
      // Either it was noticed and a fresh connection carried it, or it may have left and is not repeated.
      if (result.outcome === "SUCCESS") expect(server.requests).toBe(seen + 1);
      else {
        expect(result.outcome).toBe("CONNECT");
        expect(server.requests).toBe(seen);
      }
    }
  });

  it("closed by the peer after it took the request: a failure, not a second request", async () => {
    const post = await start((socket, number) => (number === 2 ? socket.destroy() : socket.write(ok)));
    await post();
    expect(await post()).toMatchObject({ outcome: "CONNECT", httpStatus: null });
    expect(server).toMatchObject({ requests: 2, connections: 1 });
    expect(await post()).toMatchObject({ outcome: "SUCCESS" });
    expect(server).toMatchObject({ requests: 3, connections: 2 });
  });

  it("are not used after connection: close", async () => {
    const post = await start((socket) =>
      socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"),
    );
    const results = [await post(), await post(), await post()];
    expect(results.map((result) => result.outcome)).toEqual(["SUCCESS", "SUCCESS", "SUCCESS"]);
    expect(server).toMatchObject({ requests: 3, connections: 3 });
  });

  it("are not used after an answer that nobody asked for", async () => {
    const post = await start((socket) => socket.write(ok + ok));
    await post();
    await until(() => server.sockets.size === 0, { what: "the connection to be closed" });
    expect(await post()).toMatchObject({ outcome: "SUCCESS" });
  });

  it("stay within the bound of their origin; who waits is served in turn", async () => {
    let open = 0;
    let most = 0;
    const answer = (socket: { write(text: string): unknown }) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        socket.write(ok);
      }, 5);
    };
    const post = await start(answer, { connectionsPerOrigin: 4 });
    const results = await Promise.all(Array.from({ length: 40 }, post));
    expect(results.every((result) => result.outcome === "SUCCESS")).toBe(true);
    expect(most).toBe(4);
    expect(server).toMatchObject({ requests: 40, connections: 4 });
  });

  it("stay within the bound of them all: the longest idle one goes first", async () => {
    const post = await start((socket) => socket.write(ok), { connections: 3 });
    const others = await Promise.all([1, 2, 3].map(() => startRawServer({ onRequest: (socket) => socket.write(ok) })));
    await post();
    for (const other of others) await sending.post(other.url);
    await until(() => server.sockets.size === 0, { what: "the longest idle connection to be closed" });
    expect(sending.sender.connections).toEqual({ origins: 3, connections: 3, idle: 3 });
    await Promise.all(others.map((other) => other.close()));
  });

  it("that fall idle are closed, and nothing is kept of their origin", async () => {
    const hint = "HTTP/1.1 200 OK\r\nkeep-alive: timeout=3\r\ncontent-length: 2\r\n\r\nok";
    const post = await start((socket) => socket.write(hint));
    await post();
    expect(sending.sender.connections).toEqual({ origins: 1, connections: 1, idle: 1 });
    await until(() => sending.sender.connections.origins === 0, { what: "the idle connection to be closed" });
    await until(() => server.sockets.size === 0, { what: "its socket to be closed" });
  });

  it("all end with the sender; what is in flight says so", async () => {
    const post = await start(() => {});
    const pending = post();
    await until(() => server.requests === 1, { what: "the request to arrive" });
    sending.sender.close();
    expect(await pending).toMatchObject({ outcome: "INTERNAL", error: "this process stopped before the answer came" });
    expect(await post()).toMatchObject({ outcome: "INTERNAL", error: "this process is stopping" });
    await until(() => server.sockets.size === 0, { what: "the connection to be closed" });
  });
});
