import { randomUUIDv7 } from "node:crypto";

/**
 * Ids are UUIDv7 (RFC 9562). Inside the system, in Postgres and on the stream they are plain lower-case
 * UUID strings; a person sees `<prefix>_<26 Crockford base32 characters>`. Only the edge, the webhook
 * headers and the delivered body use the shown form.
 */
export type Uuid = string;

export const idPrefixes = {
  company: "com",
  workspace: "wsp",
  project: "prj",
  apiKey: "key",
  endpoint: "whe",
  event: "evt",
  delivery: "whd",
  attempt: "wha",
  signingKey: "whk",
  auditEntry: "aud",
} as const;

export type IdKind = keyof typeof idPrefixes;

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const shownBody = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** Every ten bits as two characters: an id is shown several times a delivery, so this is a table and not arithmetic. */
const pairs = Array.from({ length: 1024 }, (_, bits) => `${alphabet[bits >> 5]}${alphabet[bits & 31]}`);
const bitsOfPair = new Map(pairs.map((pair, bits) => [pair, bits]));

/** What a hexadecimal digit counts, by its character code. */
const digits = new Uint8Array(128);
for (let value = 0; value < 16; value++) digits[value.toString(16).charCodeAt(0)] = value;
/** Where the 32 digits of a UUID are. */
const places = Array.from(uuidAt(0), (char, at) => (char === "-" ? [] : [at])).flat();

/** A new UUIDv7; later ids sort after earlier ones, to the millisecond. */
export function newUuid(): Uuid {
  return randomUUIDv7();
}

/** Shows an id: `formatId("event", uuid)` is `evt_…`. */
export function formatId(kind: IdKind, uuid: Uuid): string {
  const digit = (n: number) => digits[uuid.charCodeAt(places[n] as number)] as number;
  // 128 bits in 26 characters of 5: two bits of nothing, 8 bits, then six times 20 bits.
  let text = `${idPrefixes[kind]}_${pairs[(digit(0) << 4) | digit(1)]}`;
  for (let n = 2; n < 32; n += 5) {
    const bits = (digit(n) << 16) | (digit(n + 1) << 12) | (digit(n + 2) << 8) | (digit(n + 3) << 4) | digit(n + 4);
    text += `${pairs[bits >> 10]}${pairs[bits & 1023]}`;
  }
  return text;
}

/** The UUID behind a shown id, or undefined when the text is not an id of that kind. */
export function parseId(kind: IdKind, text: string): Uuid | undefined {
  const prefix = `${idPrefixes[kind]}_`;
  const body = text.slice(prefix.length);
  if (!text.startsWith(prefix) || !shownBody.test(body)) return undefined;
  const bits = (at: number) => bitsOfPair.get(body.slice(at, at + 2)) ?? 0;
  let hex = bits(0).toString(16).padStart(2, "0");
  for (let at = 2; at < 26; at += 4) hex += ((bits(at) << 10) | bits(at + 2)).toString(16).padStart(5, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The smallest UUID with this time (ms since the epoch): the bound of a partition or of a time filter. */
export function uuidAt(timeMs: number): Uuid {
  const hex = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

/** When a UUIDv7 was made, in ms since the epoch. */
export function uuidTime(uuid: Uuid): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}
