import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

/** Bytes of a key id. */
export const keyIdBytes = 8;

interface SealingKey {
  /** Hex digits. */
  id: string;
  key: KeyObject;
}

/** The key that seals, and older ones that still open what they sealed. */
export class Keyring {
  readonly current: SealingKey;
  readonly #keys = new Map<string, KeyObject>();

  /**
   * Takes keys as 64 hex digits each; `from` is where they were written, for the message.
   * @throws Error when one is anything else; the message says how to make one and never quotes it.
   */
  constructor(currentHex: string, olderHex: readonly string[] = [], from = "WEBHOOK_SECRET_ENCRYPTION_KEY") {
    this.current = sealingKey(currentHex, from);
    const older = olderHex.map((hex) => sealingKey(hex, from));
    for (const { id, key } of [this.current, ...older]) this.#keys.set(id, key);
  }

  byId(id: string): KeyObject | undefined {
    return this.#keys.get(id);
  }
}

function sealingKey(hex: string, from: string): SealingKey {
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) {
    throw new Error(
      `${from} must be exactly 64 hex digits (256 bits), this one has ${hex.length} characters` +
        `${/[^0-9a-fA-F]/.test(hex) ? " and some are not hex digits" : ""}: make one with \`openssl rand -hex 32\``,
    );
  }
  const key = createSecretKey(hex, "hex");
  // The id follows from the key, so that nobody has to number keys; it tells nothing of the key.
  const id = createHmac("sha256", key)
    .update("sealpost key id")
    .digest("hex")
    .slice(0, 2 * keyIdBytes);
  return { id, key };
}
