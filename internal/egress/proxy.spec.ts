import { describe, expect, it } from "@jest/globals";
import { parseNoProxy } from "../config/values.ts";
import { EgressFailure, ProxyFailure } from "./egress-failure.ts";
import { egressProxy } from "./proxy.ts";
import { proxyRefusal } from "./proxy-refusal.ts";

const nothing = { names: [], cidrs: [] };

describe("the egress proxy", () => {
  it("is what its address says", () => {
    expect(egressProxy("", nothing)).toBeUndefined();
    expect(egressProxy("http://proxy:3128", nothing)).toMatchObject({
      secure: false,
      host: "proxy",
      port: 3128,
      shown: "proxy:3128",
      authorization: undefined,
    });
    expect(egressProxy("https://[fd00::1]", nothing)).toMatchObject({ secure: true, host: "fd00::1", port: 443 });
    expect(egressProxy("http://us%40er:p%3Ass@proxy", nothing)).toMatchObject({
      port: 80,
      shown: "proxy:80",
      authorization: `Basic ${Buffer.from("us@er:p:ss").toString("base64")}`,
    });
  });

  it("is passed by what the list names, by name or by address", () => {
    const list = parseNoProxy("svc.cluster.local, .Example.com,10.0.0.0/8,fd00::1") ?? nothing;
    const bypasses = (host: string, address: string) => egressProxy("http://proxy", list)?.bypasses(host, address);
    expect(bypasses("orders.shop.svc.cluster.local", "1.1.1.1")).toBe(true);
    expect(bypasses("HOOKS.example.com.", "1.1.1.1")).toBe(true);
    expect(bypasses("example.com", "1.1.1.1")).toBe(true);
    expect(bypasses("badexample.com", "1.1.1.1")).toBe(false);
    expect(bypasses("hooks.test", "10.1.2.3")).toBe(true);
    expect(bypasses("hooks.test", "::ffff:10.1.2.3")).toBe(true);
    expect(bypasses("fd00::1", "fd00::1")).toBe(true);
    expect(bypasses("hooks.test", "11.0.0.1")).toBe(false);
  });

  it("that blames the destination for a refusal: the receiver's failure", () => {
    const blaming = [
      ["Proxy-Status: egress; error=connection_refused", "it refused the connection"],
      ['proxy-status: a.example; received-status=200, b;details="x"; error=connection_timeout', "did not answer"],
      ["X-Squid-Error: ERR_CONNECT_FAIL 111", "it did not take the connection"],
    ] as const;
    for (const [header, says] of blaming) {
      const failure = proxyRefusal("proxy:1", "1.1.1.1:443", 503, `HTTP/1.1 503 x\r\nvia: y\r\n${header}`);
      expect(failure).toMatchObject({ outcome: "CONNECT", message: expect.stringContaining(says) });
      expect(failure).not.toBeInstanceOf(ProxyFailure);
    }
  });

  it("that refuses for any other reason: ours to mend", () => {
    for (const [status, head] of [
      [403, "HTTP/1.1 403 x"],
      [407, "HTTP/1.1 407 x\r\nproxy-authenticate: Basic"],
      [502, "HTTP/1.1 502 x\r\nproxy-status: p; error=proxy_internal_error"],
      [503, "HTTP/1.1 503 x\r\nx-squid-error: ERR_ACCESS_DENIED 0"],
      [503, "HTTP/1.1 503 x\r\nproxy-status: p; error=constructor"],
      [200, "HTTP/1.1 302 x"],
    ] as const) {
      const failure = proxyRefusal("proxy:1", "1.1.1.1:443", status, head);
      expect(failure).toBeInstanceOf(ProxyFailure);
      expect(failure).toBeInstanceOf(EgressFailure);
      expect(failure).toMatchObject({ outcome: "INTERNAL", message: expect.stringContaining(`answered ${status}`) });
    }
  });
});
