import { describe, expect, it } from "@jest/globals";
import { parseAddress } from "./address.ts";
import { type Cidr, CidrSet, contains, covers, formatCidr, parseCidr } from "./cidr.ts";

const block = (text: string): Cidr => parseCidr(text) ?? missing(text);
const has = (cidr: string, text: string) => contains(block(cidr), parseAddress(text) ?? missing(text));

describe("a block of addresses", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["192.0.2.7", "192.0.2.7/32"],
    ["192.0.2.7/32", "192.0.2.7/32"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["::/0", "::/0"],
    ["::1", "::1/128"],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:0:0/96", "0.0.0.0/0"],
    ["::ffff:10.0.0.1", "10.0.0.1/32"],
  ])("%s is read, and shown as %s", (text, form) => {
    expect(formatCidr(block(text))).toBe(form);
  });

  it.each([
    ...[
      "",
      "/8",
      "10.0.0.0/",
      "10.0.0.0/33",
      "10.0.0.0/08",
      "10.0.0.0/-1",
      "10.0.0.0/8/8",
      "10.0.0.0/8 ",
      "10.0.0.0 /8",
    ],
    ...[
      "10/8",
      "10.0.0.0/255.0.0.0",
      "10.1.2.3/8",
      "10.0.0.1/31",
      "0.0.0.1/0",
      "2001:db8::1/64",
      "::/129",
      "fe80::%1/10",
    ],
    ...["localhost", "::ffff:10.0.0.0/8", "::ffff:10.1.0.0/104", "10.0.0.0/1e1", "10.0.0.0/8\n"],
  ])("%j is none", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it("has the addresses whose first bits are its own", () => {
    expect(has("10.0.0.0/8", "10.255.255.255")).toBe(true);
    expect(has("10.0.0.0/8", "11.0.0.0")).toBe(false);
    expect(has("172.16.0.0/12", "172.31.255.255")).toBe(true);
    expect(has("172.16.0.0/12", "172.32.0.0")).toBe(false);
    expect(has("192.0.2.4/31", "192.0.2.5")).toBe(true);
    expect(has("192.0.2.4/31", "192.0.2.6")).toBe(false);
    expect(has("240.0.0.0/4", "255.255.255.255")).toBe(true);
    expect(has("128.0.0.0/1", "127.255.255.255")).toBe(false);
    expect(has("fc00::/7", "fdff::1")).toBe(true);
    expect(has("fc00::/7", "fe00::1")).toBe(false);
    expect(has("2001:db8:8000::/33", "2001:db8:7fff::")).toBe(false);
    expect(has("2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1")).toBe(true);
    expect(has("::1", "::2")).toBe(false);
  });

  it("keeps the families apart, and knows IPv4 inside IPv6", () => {
    expect(has("::/0", "10.0.0.1")).toBe(false);
    expect(has("0.0.0.0/0", "2001:db8::1")).toBe(false);
    expect(has("10.0.0.0/8", "::ffff:10.0.0.1")).toBe(true);
    expect(has("::/0", "::ffff:10.0.0.1")).toBe(false);
  });

  it("covers blocks within it", () => {
    expect(covers(block("10.0.0.0/8"), block("10.1.0.0/16"))).toBe(true);
    expect(covers(block("10.0.0.0/8"), block("10.0.0.0/8"))).toBe(true);
    expect(covers(block("10.0.0.0/8"), block("10.0.0.0/7"))).toBe(false);
    expect(covers(block("0.0.0.0/0"), block("::/0"))).toBe(false);
  });

  it("is asked together with others", () => {
    const set = new CidrSet([block("10.0.0.0/8"), block("10.1.0.0/16"), block("fd00::/8")]);
    const find = (text: string) => {
      const found = set.find(parseAddress(text) ?? missing(text));
      return found && formatCidr(found);
    };
    expect(find("10.1.2.3")).toBe("10.0.0.0/8");
    expect(find("fd12::1")).toBe("fd00::/8");
    expect(find("11.0.0.1")).toBeUndefined();
    expect(new CidrSet([]).contains(parseAddress("10.0.0.1") ?? missing(""))).toBe(false);
  });
});

function missing(text: string): never {
  throw new Error(`${text} was not read`);
}
