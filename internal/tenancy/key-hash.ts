import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";

/**
 * What is kept of a key. Keys have 256 random bits, so a slow hash would add nothing; the pepper keeps a stolen
 * table from being searched for keys found elsewhere.
 */
export class KeyHash {
  readonly #pepper: KeyObject;

  /** @param pepper SEALPOST_KEY_PEPPER; with another one, no key that was given out is known. */
  constructor(pepper: string) {
    this.#pepper = createSecretKey(pepper, "utf8");
  }

  of(key: string): Buffer {
    return createHmac("sha256", this.#pepper).update(key).digest();
  }
}

/** Compares in constant time, whatever the lengths. */
export function sameSecret(one: string, two: string): boolean {
  return timingSafeEqual(createHash("sha256").update(one).digest(), createHash("sha256").update(two).digest());
}
