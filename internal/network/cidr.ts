import { type Address, formatAddress, parseAddress } from "./address.ts";

/** A block of addresses: all whose first `prefix` bits are those of `base`. */
export interface Cidr {
  readonly base: Address;
  readonly prefix: number;
  /** For each word of the base, the bits that count. */
  readonly masks: readonly number[];
}

/**
 * Reads `10.0.0.0/8` or `2001:db8::/32`; an address alone is the block of itself. Undefined for everything else, and
 * for a base with bits beyond its prefix (`10.1.2.3/8`): whoever wrote it meant something else. A block of IPv4 inside
 * IPv6 (`::ffff:10.0.0.0/104`) is read as IPv4's.
 */
export function parseCidr(text: string): Cidr | undefined {
  const [, shown = "", bits] = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const base = parseAddress(shown);
  if (!base) return undefined;
  // Read as IPv4, although its prefix counts the bits of IPv6.
  const unmapped = shown.includes(":") && base.words.length === 1 ? 96 : 0;
  const width = base.words.length * 32;
  const prefix = bits === undefined ? width : Number(bits) - unmapped;
  if (prefix < 0 || prefix > width) return undefined;
  const masks = base.words.map((_, i) => maskOf(prefix - i * 32));
  const exact = base.words.every((word, i) => (word & ~(masks[i] ?? 0)) === 0);
  return exact ? { base, prefix, masks } : undefined;
}

export function formatCidr({ base, prefix }: Cidr): string {
  return `${formatAddress(base)}/${prefix}`;
}

/** Whether the block has this address. Compares whole words: some tens of nanoseconds. */
export function contains(cidr: Cidr, address: Address): boolean {
  const { base, masks } = cidr;
  if (base.words.length !== address.words.length) return false;
  for (let i = 0; i < masks.length; i++) {
    if ((((address.words[i] ?? 0) ^ (base.words[i] ?? 0)) & (masks[i] ?? 0)) !== 0) return false;
  }
  return true;
}

/** Whether `outer` has every address of `inner`. */
export function covers(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && contains(outer, inner.base);
}

/** Blocks that are asked together. */
export class CidrSet {
  readonly cidrs: readonly Cidr[];

  constructor(cidrs: readonly Cidr[]) {
    this.cidrs = cidrs;
  }

  /** The first block that has the address. */
  find(address: Address): Cidr | undefined {
    return this.cidrs.find((cidr) => contains(cidr, address));
  }

  contains(address: Address): boolean {
    return this.find(address) !== undefined;
  }
}

/** The mask of a word of which the first `bits` count, as many as it has. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}
