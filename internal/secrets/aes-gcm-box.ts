import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { type SecretBox, type SecretPlace, UnopenedSecret } from "./box.ts";
import { type Keyring, keyIdBytes } from "./keyring.ts";

/**
 * A sealed secret: format (1 byte), key id (8), nonce (12), ciphertext, tag (16).
 * Nonce and tag have the sizes of NIST SP 800-38D §8.2 and §5.2.1.2 for random nonces and full strength.
 */
const format = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + keyIdBytes;

/** AES-256-GCM with the keys of a keyring. */
export class AesGcmBox implements SecretBox {
  readonly #keyring: Keyring;

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  async seal(plain: Buffer, place: SecretPlace): Promise<Buffer> {
    const { id, key } = this.#keyring.current;
    const head = Buffer.concat([Buffer.of(format), id]);
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(boundTo(head, place));
    return Buffer.concat([head, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  async open(blob: Buffer, place: SecretPlace): Promise<Buffer> {
    if (blob.length < headBytes + nonceBytes + tagBytes || blob[0] !== format) {
      throw new UnopenedSecret(place, "it is cut short, or was sealed by another release or key provider");
    }
    const head = blob.subarray(0, headBytes);
    const keyId = head.subarray(1);
    const key = this.#keyring.byId(keyId);
    if (!key) {
      throw new UnopenedSecret(
        place,
        `no key ${keyId.toString("hex")} here: add the key that sealed it to the keyring`,
      );
    }
    const nonce = blob.subarray(headBytes, headBytes + nonceBytes);
    // Without authTagLength Node also accepts tags of 4 bytes, which can be guessed.
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(boundTo(head, place));
    decipher.setAuthTag(blob.subarray(-tagBytes));
    try {
      return Buffer.concat([decipher.update(blob.subarray(headBytes + nonceBytes, -tagBytes)), decipher.final()]);
    } catch {
      throw new UnopenedSecret(place, "it was changed, or belongs to another row or version: restore it from a backup");
    }
  }
}

/** What is authenticated beside the ciphertext. */
function boundTo(head: Buffer, { table, rowId, version }: SecretPlace): Buffer {
  return Buffer.concat([head, Buffer.from(JSON.stringify([table, rowId, version]))]);
}
