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
} as const;

export type IdKind = keyof typeof idPrefixes;

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const shownBody = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** A new UUIDv7; later ids sort after earlier ones, to the millisecond. */
export function newUuid(): Uuid {
  return randomUUIDv7();
}

/** Shows an id: `formatId("event", uuid)` is `evt_…`. */
export function formatId(kind: IdKind, uuid: Uuid): string {
  let rest = BigInt(`0x${uuid.replaceAll("-", "")}`);
  let text = "";
  for (let i = 0; i < 26; i++) {
    text = alphabet[Number(rest & 31n)] + text;
    rest >>= 5n;
  }
  return `${idPrefixes[kind]}_${text}`;
}

/** The UUID behind a shown id, or undefined when the text is not an id of that kind. */
export function parseId(kind: IdKind, text: string): Uuid | undefined {
  const prefix = `${idPrefixes[kind]}_`;
  const body = text.slice(prefix.length);
  if (!text.startsWith(prefix) || !shownBody.test(body)) return undefined;
  let value = 0n;
  for (const char of body) value = (value << 5n) | BigInt(alphabet.indexOf(char));
  const hex = value.toString(16).padStart(32, "0");
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
