import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type Allowance, allowanceOf, noAllowance } from "../../../internal/network/allowance.ts";
import { type Journey, OutgoingRules } from "../../../internal/network/outgoing-rules.ts";
import { until } from "../../harness/wait.ts";
import { type NameServer, startNameServer } from "./name-server.ts";
import { type RawServer, startRawServer } from "./raw-server.ts";
import { type Sending, startSending } from "./sending.ts";

const noContent = "HTTP/1.1 204 No Content\r\n\r\n";
const production = new OutgoingRules({ development: false, deny: [] });

let inside: RawServer;
let names: NameServer | undefined;
let sending: Sending;

beforeEach(async () => {
  inside = await startRawServer({ onRequest: (socket) => socket.write(noContent) });
});

afterEach(async () => {
  sending.sender.close();
  names?.close();
  names = undefined;
  await inside.close();
});

describe("under the rules of production, whatever URL got into the record,", () => {
  it.each([
    ...["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "①②⑦.0.0.1", "127.0.0.1.", "0.0.0.0", "0"],
    ...["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]"],
    ...["[2002:7f00:1::]", "[2001::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]"],
    ...["10.0.0.1", "100.64.0.1", "100.100.100.200", "168.63.129.16", "169.254.169.254", "172.16.0.1", "192.0.0.1"],
    ...["192.0.2.1", "192.168.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"],
    ...["localhost", "a.localhost", "LOCALHOST.", "metadata.google.internal", "kubernetes.default.svc", "redis"],
  ])("%s is BLOCKED before anything is sent", async (host) => {
    names = await startNameServer({});
    sending = startSending({ rules: production, nameServers: [names.address] });
    const result = await sending.post(`https://${host}:${inside.port}/`);
    expect(result).toMatchObject({ outcome: "BLOCKED", httpStatus: null, response: null });
    expect(result.error).toContain(" is refused: ");
    expect(inside.connections).toBe(0);
    expect(names.questions).toEqual([]);
  });

  it.each([
    ["loopback.example.com", "127.0.0.1 is in 127.0.0.0/8 (loopback, RFC 1122)"],
    ["loopback6.example.com", "::1 is the loopback address, RFC 4291"],
    ["mapped.example.com", "127.0.0.1 is in 127.0.0.0/8 (loopback, RFC 1122)"],
    ["private.example.com", "10.1.2.3 is in 10.0.0.0/8 (private network, RFC 1918)"],
    ["metadata.example.com", "169.254.169.254 is the metadata service of clouds"],
    ["mixed.example.com", "127.0.0.1 is in 127.0.0.0/8 (loopback, RFC 1122)"],
    ["mixed-families.example.com", "fd00::1 is in fc00::/7 (unique local, RFC 4193)"],
    ["alias.example.com", "127.0.0.1 is in 127.0.0.0/8 (loopback, RFC 1122)"],
    ["alias-of-alias.example.com", "127.0.0.1 is in 127.0.0.0/8 (loopback, RFC 1122)"],
    ["to-cluster.example.com", "10.96.0.10 is in 10.0.0.0/8 (private network, RFC 1918)"],
  ])("%s is BLOCKED by what it leads to", async (host, reason) => {
    names = await startNameServer({
      "loopback.example.com": ["127.0.0.1"],
      "loopback6.example.com": ["0:0:0:0:0:0:0:1"],
      "mapped.example.com": ["0:0:0:0:0:ffff:7f00:1"],
      "private.example.com": ["10.1.2.3"],
      "metadata.example.com": ["169.254.169.254"],
      "mixed.example.com": ["8.8.8.8", "127.0.0.1", "9.9.9.9"],
      "mixed-families.example.com": ["8.8.8.8", "fd00:0:0:0:0:0:0:1"],
      "alias.example.com": { alias: "localhost" },
      "alias-of-alias.example.com": { alias: "alias.example.com" },
      "to-cluster.example.com": { alias: "redis.cache.svc.cluster.local" },
      localhost: ["127.0.0.1"],
      "redis.cache.svc.cluster.local": ["10.96.0.10"],
    });
    sending = startSending({ rules: production, nameServers: [names.address] });
    const result = await sending.post(`https://${host}:${inside.port}/`);
    expect(result).toMatchObject({ outcome: "BLOCKED", httpStatus: null, response: null });
    expect(result.error).toContain(`${host} is refused: ${reason}`);
    expect(inside.connections).toBe(0);
  });

  it("http:// is BLOCKED without a look-up", async () => {
    names = await startNameServer({});
    sending = startSending({ rules: production, nameServers: [names.address] });
    expect(await sending.post("http://example.com/")).toMatchObject({
      outcome: "BLOCKED",
      error: expect.stringContaining("use https://"),
    });
    expect(names.questions).toEqual([]);
  });
});

describe("a name that leads elsewhere with every question", () => {
  it("is connected to where it led when it was checked, or not at all", async () => {
    // 127.0.0.2 stands for a public address, 127.0.0.1 for one inside.
    const outside = await startRawServer({
      host: "127.0.0.2",
      port: inside.port,
      onRequest: (socket) => socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"),
    });
    names = await startNameServer({
      "rebinding.example.com": (asked) => [asked % 2 === 1 ? "127.0.0.2" : "127.0.0.1"],
    });
    const rules = { refuseHost: () => undefined, refuseAddress: (text: string) => refusedUnless(text === "127.0.0.2") };
    sending = startSending({ rules, nameServers: [names.address] });
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++) {
      outcomes.push((await sending.post(`http://rebinding.example.com:${inside.port}/`)).outcome);
    }
    expect(outcomes).toEqual(["SUCCESS", "BLOCKED", "SUCCESS", "BLOCKED", "SUCCESS", "BLOCKED"]);
    expect(inside.connections).toBe(0);
    expect(outside.requests).toBe(3);
    await outside.close();
  });
});

describe("an open connection", () => {
  it("whose peer is not allowed carries nothing", async () => {
    let asked = 0;
    const rules = { refuseHost: () => undefined, refuseAddress: () => refusedUnless(++asked === 1) };
    sending = startSending({ rules });
    expect(await sending.post(inside.url.replace("localhost", "127.0.0.1"))).toMatchObject({ outcome: "BLOCKED" });
    expect(asked).toBe(2);
    await until(() => inside.connections === 1 && inside.sockets.size === 0, { what: "the connection to be closed" });
    expect(inside.requests).toBe(0);
  });

  it("that one company's allowance opened carries nobody else's request", async () => {
    const networks = (name: string): Allowance =>
      allowanceOf({ networks: [{ name, cidr: "10.0.0.0/8" }], nameSuffixes: [name], allowHttp: true });
    const [hers, same, other] = [networks("corp"), networks("corp"), networks("other")];
    const allowed = (_: string, { allowance }: Journey) => refusedUnless(allowance.hasName("corp"));
    sending = startSending({ rules: { refuseHost: () => undefined, refuseAddress: allowed } });
    const post = (allowance: Allowance) => sending.post(inside.url, "{}", {}, allowance);
    expect(await post(hers)).toMatchObject({ outcome: "SUCCESS" });
    expect(await post(noAllowance)).toMatchObject({ outcome: "BLOCKED" });
    expect(await post(other)).toMatchObject({ outcome: "BLOCKED" });
    expect(inside).toMatchObject({ requests: 1, connections: 1 });
    // It is there, and whoever is allowed the same may use it.
    expect(await post(same)).toMatchObject({ outcome: "SUCCESS" });
    expect(inside).toMatchObject({ requests: 2, connections: 1 });
  });

  it("is not used again once the allowance that opened it is gone", async () => {
    const networks = [{ name: "corp", cidr: "10.0.0.0/8" }];
    const before = allowanceOf({ networks, nameSuffixes: [], allowHttp: true });
    const rules = {
      refuseHost: () => undefined,
      refuseAddress: (_: string, { allowance }: Journey) => refusedUnless(allowance === before),
    };
    sending = startSending({ rules });
    expect(await sending.post(inside.url, "{}", {}, before)).toMatchObject({ outcome: "SUCCESS" });
    const after = allowanceOf({ networks, nameSuffixes: [], allowHttp: false });
    expect(await sending.post(inside.url, "{}", {}, after)).toMatchObject({ outcome: "BLOCKED" });
    expect(inside.requests).toBe(1);
  });
});

function refusedUnless(allowed: boolean): string | undefined {
  return allowed ? undefined : "it is not allowed";
}
