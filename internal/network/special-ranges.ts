import { type Address, formatAddress } from "./address.ts";
import { type Cidr, contains, covers, formatCidr, parseCidr } from "./cidr.ts";

/** Addresses that are not those of a host on the public internet. */
export interface SpecialRange {
  readonly cidr: Cidr;
  /** `is in 10.0.0.0/8 (private network, RFC 1918)`: follows the address in a sentence. */
  readonly place: string;
  /** "own": people number networks of their own with it, so that an operator can have a reason to allow it. */
  readonly kind: "own" | "loopback" | "other";
}

/** The only part of IPv6 that is given out for hosts (RFC 4291 §2.4; IANA IPv6 Global Unicast registry). */
const globalUnicast = block("2000::/3");
/** IPv6-only networks reach IPv4 through it (RFC 6052): such an address is what it embeds. */
const nat64 = block("64:ff9b::/96");

/**
 * The IANA registries of special-purpose addresses (IPv4 and IPv6, as of 2026), multicast, and the metadata services of
 * clouds that have an address outside of these. The first that fits names the address.
 */
const ranges: readonly SpecialRange[] = [
  special("100.100.100.200", "the metadata service of Alibaba Cloud"),
  special("168.63.129.16", "the address of platform services of Azure"),
  special("169.254.169.254", "the metadata service of clouds"),
  special("192.0.0.192", "the metadata service of Oracle Cloud"),
  special("fd00:ec2::254", "the metadata service of AWS"),
  special("fd20:ce::254", "the metadata service of Google Cloud"),
  special("0.0.0.0/8", "this network, RFC 791"),
  special("10.0.0.0/8", "private network, RFC 1918", "own"),
  special("100.64.0.0/10", "shared address space, RFC 6598", "own"),
  special("127.0.0.0/8", "loopback, RFC 1122", "loopback"),
  special("169.254.0.0/16", "link-local, RFC 3927"),
  special("172.16.0.0/12", "private network, RFC 1918", "own"),
  special("192.0.0.0/24", "IETF protocol assignments, RFC 6890"),
  special("192.0.2.0/24", "documentation, RFC 5737"),
  special("192.31.196.0/24", "AS112, RFC 7535"),
  special("192.52.193.0/24", "automatic multicast tunneling, RFC 7450"),
  special("192.88.99.0/24", "6to4 relay, RFC 7526"),
  special("192.168.0.0/16", "private network, RFC 1918", "own"),
  special("192.175.48.0/24", "AS112, RFC 7534"),
  special("198.18.0.0/15", "benchmarking, RFC 2544", "own"),
  special("198.51.100.0/24", "documentation, RFC 5737"),
  special("203.0.113.0/24", "documentation, RFC 5737"),
  special("224.0.0.0/4", "multicast, RFC 5771"),
  special("255.255.255.255", "the broadcast address, RFC 919"),
  special("240.0.0.0/4", "reserved, RFC 1112", "own"),
  special("::", "the unspecified address, RFC 4291"),
  special("::1", "the loopback address, RFC 4291", "loopback"),
  special("::/96", "IPv4-compatible, RFC 4291"),
  special("::ffff:0:0:0/96", "IPv4-translated, RFC 2765"),
  special("64:ff9b:1::/48", "local IPv4/IPv6 translation, RFC 8215"),
  special("100::/64", "discard, RFC 6666"),
  special("100:0:0:1::/64", "dummy prefix, RFC 9780"),
  special("2001::/32", "Teredo, RFC 4380"),
  special("2001::/23", "IETF protocol assignments, RFC 2928"),
  special("2001:db8::/32", "documentation, RFC 3849"),
  special("2002::/16", "6to4, RFC 3056"),
  special("2620:4f:8000::/48", "AS112, RFC 7534"),
  special("3fff::/20", "documentation, RFC 9637"),
  special("5f00::/16", "segment routing, RFC 9602"),
  special("fc00::/7", "unique local, RFC 4193", "own"),
  special("fe80::/10", "link-local, RFC 4291"),
  special("fec0::/10", "site-local, RFC 3879"),
  special("ff00::/8", "multicast, RFC 4291"),
];
const v4Ranges = ranges.filter(({ cidr: { base } }) => base.words.length === 1);
const v6Ranges = ranges.filter(({ cidr: { base } }) => base.words.length === 4);
const outside: SpecialRange = {
  cidr: block("::/0"),
  place: `is outside of ${formatCidr(globalUnicast)} (global unicast, RFC 4291)`,
  kind: "other",
};

/** The special range of an address, of the one that it leads to; undefined: a host on the public internet may have it. */
export function specialRange(address: Address): SpecialRange | undefined {
  const reached = embeddedV4(address) ?? address;
  if (reached.words.length === 1) return v4Ranges.find(({ cidr }) => contains(cidr, reached));
  const range = v6Ranges.find(({ cidr }) => contains(cidr, reached));
  return range ?? (contains(globalUnicast, reached) ? undefined : outside);
}

/** The IPv4 address to which NAT64 takes an IPv6 address; undefined for every other address. */
export function embeddedV4(address: Address): Address | undefined {
  return contains(nat64, address) ? { words: address.words.slice(3) } : undefined;
}

/** `10.1.2.3 is in 10.0.0.0/8 (private network, RFC 1918)`; undefined: a host on the public internet may have it. */
export function whyNotPublic(address: Address): string | undefined {
  const range = specialRange(address);
  if (!range) return undefined;
  const embedded = embeddedV4(address);
  const leads = embedded ? ` leads to ${formatAddress(embedded)}, which` : "";
  return `${formatAddress(address)}${leads} ${range.place}`;
}

/** Why a block is not one that people number their own networks with; undefined: it is. */
export function whyNotOwnNetwork(cidr: Cidr): string | undefined {
  const range = ranges.find((each) => covers(each.cidr, cidr));
  if (range?.kind === "own") return undefined;
  if (range) return `${formatCidr(cidr)} ${range.place}, which no endpoint may reach`;
  const own = ranges.flatMap((each) => (each.kind === "own" ? formatCidr(each.cidr) : []));
  return `${formatCidr(cidr)} must lie within a block for private networks: ${own.join(", ")}`;
}

/**
 * The blocks whose addresses are special, for a firewall; those that lie in another one are left out. Of IPv6, what
 * `globalUnicast` has of them: the rest of it is special as a whole.
 */
export function specialBlocks(): { v4: string[]; globalUnicast: string; v6: string[] } {
  const blocks = ranges.map(({ cidr }) => cidr);
  const outermost = blocks.filter((one) => !blocks.some((other) => other !== one && covers(other, one)));
  return {
    v4: outermost.filter(({ base }) => base.words.length === 1).map(formatCidr),
    globalUnicast: formatCidr(globalUnicast),
    v6: outermost.filter((cidr) => covers(globalUnicast, cidr)).map(formatCidr),
  };
}

function special(text: string, name: string, kind: SpecialRange["kind"] = "other"): SpecialRange {
  const place = text.includes("/") ? `is in ${text} (${name})` : `is ${name}`;
  return { cidr: block(text), place, kind };
}

function block(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new Error(`${text} is not a block of addresses`);
  return cidr;
}
