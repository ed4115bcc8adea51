import { describe, expect, it } from "@jest/globals";
import { formatAddress } from "./address.ts";
import { CidrSet, parseCidr } from "./cidr.ts";
import { clientAddress } from "./client-address.ts";

const trusted = setOf("10.0.0.0/8", "fd00::/8");

function setOf(...texts: string[]): CidrSet {
  return new CidrSet(texts.flatMap((text) => parseCidr(text) ?? []));
}

function asked(peer: string, forwardedFor: string[], proxies = trusted): string | undefined {
  const address = clientAddress(peer, forwardedFor, proxies);
  return address && formatAddress(address);
}

describe("a call's address", () => {
  it.each([
    // The connection's other end, when that is no trusted proxy: whatever the headers say.
    ["203.0.113.9", [], "203.0.113.9"],
    ["203.0.113.9", ["127.0.0.1"], "203.0.113.9"],
    ["203.0.113.9", ["127.0.0.1", "10.0.0.1"], "203.0.113.9"],
    ["::ffff:203.0.113.9", ["127.0.0.1"], "203.0.113.9"],
    ["2001:db8::9", ["::1"], "2001:db8::9"],
    ["fe80::1%eth0", [], "fe80::1"],
    // Behind a trusted proxy: what it says.
    ["10.0.0.1", ["203.0.113.9"], "203.0.113.9"],
    ["::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"],
    ["fd00::1", ["2001:db8::9"], "2001:db8::9"],
    ["10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"],
    ["10.0.0.1", [" 203.0.113.9\t"], "203.0.113.9"],
    // Two of them: each is skipped.
    ["10.0.0.1", ["203.0.113.9, 10.0.0.2"], "203.0.113.9"],
    ["10.0.0.1", ["203.0.113.9", "fd00::2"], "203.0.113.9"],
    // Forged: the caller's own hops stand left of what the proxy saw.
    ["10.0.0.1", ["127.0.0.1, 203.0.113.9"], "203.0.113.9"],
    ["10.0.0.1", ["127.0.0.1", "203.0.113.9"], "203.0.113.9"],
    ["10.0.0.1", ["127.0.0.1, 10.0.0.9, 203.0.113.9"], "203.0.113.9"],
    ["10.0.0.1", ["not an address, 203.0.113.9"], "203.0.113.9"],
    // A proxy that speaks for itself, and a chain of nothing but proxies.
    ["10.0.0.1", [], "10.0.0.1"],
    ["10.0.0.1", [""], "10.0.0.1"],
    ["10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"],
    // What a proxy wrote and nobody can read: unknown, not the next best.
    ["10.0.0.1", ["203.0.113.9:4711"], undefined],
    ["10.0.0.1", ["[2001:db8::9]:4711"], undefined],
    ["10.0.0.1", ["[2001:db8::9]"], undefined],
    ["10.0.0.1", ["127.0.0.1, unknown"], undefined],
    ["10.0.0.1", ["127.0.0.1, _hidden"], undefined],
    ["10.0.0.1", ["127.0.0.1,"], undefined],
    ["10.0.0.1", ["127.0.0.1", ""], undefined],
    ["10.0.0.1", ["127.0.0.1,, 10.0.0.2"], undefined],
    ["10.0.0.1", ["0x7f.0.0.1"], undefined],
    ["10.0.0.1", ["127.0.0.01"], undefined],
    ["10.0.0.1", ["127.0.0.1 10.0.0.2"], undefined],
    ["10.0.0.1", ["fe80::1%eth0"], undefined],
    // A connection without an address, such as a closed one.
    ["", ["127.0.0.1"], undefined],
  ])("peer %s with %j: %s", (peer, forwardedFor, expected) => {
    expect(asked(peer, forwardedFor)).toBe(expected);
  });

  it("is the peer's while no proxy is trusted", () => {
    expect(asked("10.0.0.1", ["127.0.0.1"], setOf())).toBe("10.0.0.1");
    expect(asked("127.0.0.1", ["203.0.113.9"], setOf())).toBe("127.0.0.1");
  });
});
