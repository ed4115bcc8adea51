import { createHmac, type KeyObject } from "node:crypto";

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
  keys: readonly KeyObject[];
}

/** A dot would let a receiver split id and body elsewhere under the same signature. */
const safeId = /^[A-Za-z0-9_-]+$/;

/**
 * Signs `id.timestamp.body` with HMAC-SHA256, once per key.
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
  for (const key of keys) {
    const signature = createHmac("sha256", key).update(prefix).update(body).digest("base64");
    signatures += signatures === "" ? `v1,${signature}` : ` v1,${signature}`;
  }
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": signatures,
  };
}
