import { createHmac, sign as signWith } from "node:crypto";
import type { SigningKey } from "./signing-key.ts";

/** The headers of Standard Webhooks 1.0.0; one family only, because some libraries prefer another when both are there. */
export interface SignatureHeaders {
  "webhook-id": string;
  "webhook-timestamp": string;
  "webhook-signature": string;
}

export interface SignRequest {
  /** Constant over all attempts of an event. */
  id: string;
  /** Whole seconds since the epoch, of this attempt: receivers refuse what is 5 minutes old. */
  timestampSeconds: number;
  /** The exact bytes that are sent. */
  body: Uint8Array;
  /** The current key first; more than one while a rotated secret still counts. */
  keys: readonly SigningKey[];
}

/** A dot would let a receiver split id and body elsewhere under the same signature. */
const safeId = /^[A-Za-z0-9_-]+$/;

/**
 * Signs `id.timestamp.body` once per key: `v1` is HMAC-SHA256, `v1a` is ed25519.
 * @throws {TypeError} when the id has other characters than letters, digits, `_` and `-`, the timestamp is not whole
 * seconds, or there is no key: nothing may leave unsigned.
 */
export function sign({ id, timestampSeconds, body, keys }: SignRequest): SignatureHeaders {
  if (!safeId.test(id)) throw new TypeError(`webhook id "${id}" may hold letters, digits, "_" and "-" only`);
  if (!Number.isSafeInteger(timestampSeconds) || timestampSeconds < 0) {
    throw new TypeError(`webhook timestamp ${timestampSeconds} is not whole seconds since the epoch`);
  }
  if (keys.length === 0) throw new TypeError("no signing key: a webhook is never sent unsigned");
  const prefix = `${id}.${timestampSeconds}.`;
  let signatures = "";
  for (const key of keys) signatures += `${signatures === "" ? "" : " "}${signature(key, prefix, body)}`;
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": signatures,
  };
}

function signature({ scheme, key }: SigningKey, prefix: string, body: Uint8Array): string {
  if (scheme === "HMAC_SHA256") {
    return `v1,${createHmac("sha256", key).update(prefix).update(body).digest("base64")}`;
  }
  // ed25519 hashes the message twice and takes it in one piece (RFC 8032 §5.1.6).
  return `v1a,${signWith(null, Buffer.concat([Buffer.from(prefix), body]), key).toString("base64")}`;
}
