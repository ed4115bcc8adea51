import { changedOrMoved, type SecretPlace, UnopenedSecret } from "./box.ts";
import { openGcm } from "./gcm.ts";
import { type Keyring, keyIdBytes } from "./keyring.ts";

/** Sealed directly by a key of the keyring, as releases before the envelope did. Opened still, never made. */
export const keyringFormat = 1;
const headBytes = 1 + keyIdBytes;

/** Which key of the keyring sealed it: hex digits. */
export function keyringBlobKeyId(blob: Buffer): string {
  return blob.toString("hex", 1, headBytes);
}

/**
 * format (1 byte) | key id (8) | nonce (12) | ciphertext | tag (16)
 * @throws UnopenedSecret
 */
export function openKeyringBlob(blob: Buffer, place: SecretPlace, keyring: Keyring | undefined): Buffer {
  const id = keyringBlobKeyId(blob);
  const key = keyring?.byId(id);
  if (!key) throw new UnopenedSecret(place, `no key ${id} here: add the key that sealed it to the keyring`);
  const { table, rowId, version } = place;
  const bound = Buffer.concat([blob.subarray(0, headBytes), Buffer.from(JSON.stringify([table, rowId, version]))]);
  const plain = openGcm(key, blob.subarray(headBytes), bound);
  if (!plain) throw new UnopenedSecret(place, changedOrMoved);
  return plain;
}
