import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";

/** Sizes of NIST SP 800-38D §8.2 and §5.2.1.2 for random nonces and full strength. */
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM: nonce (12 bytes), ciphertext, tag (16). `bound` is authenticated and not kept. */
export function sealGcm(key: KeyObject, plain: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(bound);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined when these are not the bytes that were sealed with this key for this. */
export function openGcm(key: KeyObject, sealed: Buffer, bound: Buffer): Buffer | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined;
  // Without authTagLength Node also accepts tags of 4 bytes, which can be guessed.
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(bound);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}
