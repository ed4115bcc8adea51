import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** Fixed beginnings, so that scanners for leaked secrets can find keys, and a person sees which kind it is. */
const prefixes = { company: "spc_live_", workspace: "spw_live_" } as const;
export type KeyKind = keyof typeof prefixes;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 43 characters of base 62 hold 256 bits, 6 hold a CRC-32. */
const secretLength = 43;
const checksumLength = 6;
const shape = /^sp[cw]_live_[0-9A-Za-z]{49}$/;

/** A new key: prefix, 256 random bits, checksum; 58 characters that one double click selects. */
export function newKey(kind: KeyKind): string {
  const secret = BigInt(`0x${randomBytes(32).toString("hex")}`);
  const body = prefixes[kind] + base62(secret, secretLength);
  return body + checksum(body);
}

/** Whether this looks like a key of ours, whole or damaged. */
export function hasKeyPrefix(text: string): boolean {
  return Object.values(prefixes).some((prefix) => text.startsWith(prefix));
}

/** Whether the checksum holds: a typing error, a cut or a made-up key never asks the record. */
export function isWellFormed(key: string): boolean {
  return shape.test(key) && checksum(key.slice(0, -checksumLength)) === key.slice(-checksumLength);
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), checksumLength);
}

function base62(value: bigint, length: number): string {
  let rest = value;
  let text = "";
  for (let i = 0; i < length; i++) {
    text = alphabet[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return text;
}
