import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type NameServer, startNameServer } from "./name-server.ts";
import { type RawServer, startRawServer } from "./raw-server.ts";
import { deadlineMs, deadlineSlackMs, type Sending, startSending } from "./sending.ts";

let server: RawServer;
let names: NameServer;
let sending: Sending | undefined;
let asked: string[];

beforeEach(async () => {
  server = await startRawServer({ onRequest: (socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\n") });
  names = await startNameServer({
    "good.test": ["127.0.0.1"],
    "moved.test": ["127.0.0.2", "127.0.0.1"],
    "mixed.test": ["127.0.0.1", "10.0.0.7"],
    "both.test": ["127.0.0.1", "0:0:0:0:0:0:0:1"],
    "empty.test": [],
    "silent.test": null,
  });
});

afterEach(async () => {
  sending?.sender.close();
  names.close();
  await server.close();
});

/** Names from the test's name server; addresses of `refused` are refused. */
function start(refused: string[] = [], options: Parameters<typeof startSending>[0] = {}) {
  asked = [];
  const rules = {
    refuseHost: () => undefined,
    refuseAddress(address: string) {
      asked.push(address);
      return refused.includes(address) ? `${address} is not public` : undefined;
    },
  };
  sending = startSending({ rules, nameServers: [names.address], ...options });
  const { post } = sending;
  return { to: (host: string, port = server.port) => post(`http://${host}:${port}/`) };
}

describe("names", () => {
  it("are asked of the name servers, both families, as they are: no search list, no hosts file", async () => {
    const { to } = start();
    expect(await to("good.test")).toMatchObject({ outcome: "SUCCESS" });
    expect(names.questions.toSorted()).toEqual(["A good.test", "AAAA good.test"]);
    expect(await to("redis.cache")).toMatchObject({ outcome: "DNS" });
    expect(names.questions.filter((question) => question.startsWith("A redis"))).toEqual(["A redis.cache"]);
  });

  it("that many connections need at once are asked for once", async () => {
    const { to } = start();
    const results = await Promise.all(Array.from({ length: 20 }, () => to("good.test")));
    expect(results.every((result) => result.outcome === "SUCCESS")).toBe(true);
    expect(server.connections).toBe(20);
    expect(names.questions).toHaveLength(2);
  });

  it.each([
    ["missing.test", "cannot resolve missing.test: no such name"],
    ["empty.test", "cannot resolve empty.test: the name has no address"],
  ])("%s: DNS, with the reason", async (host, error) => {
    expect(await start().to(host)).toMatchObject({ outcome: "DNS", error, httpStatus: null });
  });

  it("that no server answers for end with the deadline", async () => {
    const result = await start([], { deadlineMs }).to("silent.test");
    expect(result).toMatchObject({ outcome: "TIMEOUT", error: "not sent within 1 s: silent.test was not resolved" });
    expect(result.timing.totalMs).toBeLessThan(deadlineMs + deadlineSlackMs);
    expect(result.timing.dnsMs).toBeGreaterThan(deadlineMs / 2);
  });

  it("of this machine are not asked for", async () => {
    const { to } = start();
    for (const host of ["localhost", "hooks.localhost", "LOCALHOST."]) {
      expect(await to(host)).toMatchObject({ outcome: "SUCCESS" });
    }
    expect(names.questions).toEqual([]);
  });
});

describe("addresses", () => {
  it("that take no connection: CONNECT, naming them; a name's next address is tried", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const { to } = start();
    expect(await to("127.0.0.1", port)).toMatchObject({
      outcome: "CONNECT",
      error: `connection refused by 127.0.0.1:${port}`,
    });
    expect(await to("[::1]", port)).toMatchObject({ error: expect.stringMatching(`\\[::1\\]:${port}$`) });
    const both = await to("both.test", port);
    expect(both.outcome).toBe("CONNECT");
    expect(both.error).toMatch(
      new RegExp(`^connection refused by 127\\.0\\.0\\.1:${port}( and|, .*) \\[::1\\]:${port}$`),
    );
    expect(await to("moved.test")).toMatchObject({ outcome: "SUCCESS" });
  });

  it("that the policy refuses: BLOCKED, nothing is connected to", async () => {
    const { to } = start(["127.0.0.1"]);
    expect(await to("127.0.0.1")).toMatchObject({
      outcome: "BLOCKED",
      httpStatus: null,
      error: "127.0.0.1 is refused: 127.0.0.1 is not public",
    });
    expect(await to("good.test")).toMatchObject({
      outcome: "BLOCKED",
      error: "good.test is refused: 127.0.0.1 is not public",
    });
    expect(server.connections).toBe(0);
  });

  it.each(["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "①②⑦.0.0.1"])(
    "written as %s are the same address",
    async (host) => {
      expect(await start(["127.0.0.1"]).to(host)).toMatchObject({ outcome: "BLOCKED" });
      expect(asked).toEqual(["127.0.0.1"]);
    },
  );

  it("of which one is refused: BLOCKED, even if another is allowed", async () => {
    expect(await start(["10.0.0.7"]).to("mixed.test")).toMatchObject({ outcome: "BLOCKED" });
    expect(server.connections).toBe(0);
  });

  it("are checked again when the socket is open", async () => {
    const { to } = start();
    await to("good.test");
    expect(asked).toEqual(["127.0.0.1", "127.0.0.1"]);
  });
});

describe("URLs", () => {
  it("that are none, or of another scheme: INTERNAL", async () => {
    sending = startSending();
    for (const url of ["", "localhost", "ftp://localhost/", "file:///etc/passwd", "http://"]) {
      expect(await sending.post(url)).toMatchObject({ outcome: "INTERNAL", response: null });
    }
  });

  it("with headers that cannot be sent: INTERNAL, and nothing is sent", async () => {
    sending = startSending();
    const result = await sending.post(server.url, "{}", { "x-bad": "a\r\nb: c" });
    expect(result).toMatchObject({ outcome: "INTERNAL", error: expect.stringMatching(/x-bad/) });
    expect(server.requests).toBe(0);
  });
});
