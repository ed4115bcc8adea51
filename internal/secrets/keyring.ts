import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

/** Bytes of a key id inside a sealed secret. */
export const keyIdBytes = 8;

interface SealingKey {
  id: Buffer;
  key: KeyObject;
}

/** The key that seals, and older ones that still open what they sealed. */
export class Keyring {
  readonly current: SealingKey;
  readonly #keys = new Map<string, KeyObject>();

  /**
   * Takes keys as 64 hex digits each.
   * @throws Error when one is anything else; the message says how to make one and never quotes it.
   */
  constructor(currentHex: string, olderHex: readonly string[] = []) {
    this.current = sealingKey(currentHex);
    for (const { id, key } of [this.current, ...olderHex.map(sealingKey)]) this.#keys.set(id.toString("hex"), key);
  }

  byId(id: Buffer): KeyObject | undefined {
    return this.#keys.get(id.toString("hex"));
  }
}

function sealingKey(hex: string): SealingKey {
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) {
    throw new Error(
      `WEBHOOK_SECRET_ENCRYPTION_KEY must be exactly 64 hex digits (256 bits), this one has ${hex.length} characters` +
        `${/[^0-9a-fA-F]/.test(hex) ? " and some are not hex digits" : ""}: make one with \`openssl rand -hex 32\``,
    );
  }
  const key = createSecretKey(hex, "hex");
  // The id follows from the key, so that nobody has to number keys; it tells nothing of the key.
  const id = createHmac("sha256", key).update("sealpost key id").digest().subarray(0, keyIdBytes);
  return { id, key };
}
