import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readEncoded } from "./encoding.ts";

/** Standard Webhooks 1.0.0: base64 of an ed25519 key pair behind `whsk_`, and of its public key behind `whpk_`. */
export const privatePrefix = "whsk_";
export const publicPrefix = "whpk_";

/** RFC 8032 §5.1.5: a private key is a seed of this many bytes, and so is a public key. */
const keyBytes = 32;

/** What stands before the raw keys in PKCS #8 and SubjectPublicKeyInfo (RFC 8410 §4 and §7). */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiHead = Buffer.from("302a300506032b6570032100", "hex");

/** A new key pair as a secret: `whsk_` and the base64 of seed and public key, 64 bytes. */
export function newKeyPair(): string {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return privatePrefix + Buffer.concat([rawKey(privateKey, "pkcs8"), rawKey(publicKey, "spki")]).toString("base64");
}

/** Why a key pair cannot be used; undefined when it can. Takes seed and public key, or the seed alone. Never quotes it. */
export function checkKeyPair(text: string): string | undefined {
  const read = readEncoded(text, privatePrefix);
  if ("reason" in read) return read.reason;
  const { bytes } = read;
  if (bytes.length !== keyBytes && bytes.length !== 2 * keyBytes) {
    return `must hold an ed25519 seed (32 bytes) with or without its public key (64 bytes), this one holds ${bytes.length}`;
  }
  const given = bytes.subarray(keyBytes);
  if (given.length > 0 && !given.equals(rawKey(createPublicKey(privateKeyOf(bytes)), "spki"))) {
    return "holds a public key that does not belong to its seed";
  }
  return undefined;
}

/** @throws {TypeError} with checkKeyPair's reason. */
export function privateKeyFrom(secret: string): KeyObject {
  const reason = checkKeyPair(secret);
  if (reason) throw new TypeError(`signing secret ${reason}`);
  return privateKeyOf(Buffer.from(secret.slice(privatePrefix.length), "base64"));
}

/** The public half of a secret, for receivers: `whpk_…`. */
export function publicKeyText(secret: string): string {
  return publicPrefix + rawKey(createPublicKey(privateKeyFrom(secret)), "spki").toString("base64");
}

/** @throws {TypeError} that says what is wrong with the text. */
export function publicKeyFrom(text: string): KeyObject {
  const read = readEncoded(text, publicPrefix);
  if ("reason" in read) throw new TypeError(`public key ${read.reason}`);
  if (read.bytes.length !== keyBytes) {
    throw new TypeError(`public key must hold ${keyBytes} bytes, this one holds ${read.bytes.length}`);
  }
  return createPublicKey({ key: Buffer.concat([spkiHead, read.bytes]), format: "der", type: "spki" });
}

function privateKeyOf(bytes: Buffer): KeyObject {
  const key = Buffer.concat([pkcs8Head, bytes.subarray(0, keyBytes)]);
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

function rawKey(key: KeyObject, type: "pkcs8" | "spki"): Buffer {
  return (key.export({ format: "der", type }) as Buffer).subarray(-keyBytes);
}
