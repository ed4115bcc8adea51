import type { KeyObject } from "node:crypto";
import type { SignatureScheme } from "../domain/states.ts";
import { checkKeyPair, newKeyPair, privateKeyFrom, privatePrefix, publicKeyText } from "./ed25519.ts";
import { checkSecret, keyFromSecret, newSecret, secretPrefix } from "./secret.ts";

/** A key that signs, and how. */
export interface SigningKey {
  scheme: SignatureScheme;
  key: KeyObject;
}

/** The scheme that a secret is for, by its prefix; undefined when it has none of them. */
export function schemeOf(secret: string): SignatureScheme | undefined {
  if (secret.startsWith(privatePrefix)) return "ED25519";
  return secret.startsWith(secretPrefix) ? "HMAC_SHA256" : undefined;
}

export function newSecretFor(scheme: SignatureScheme): string {
  return scheme === "ED25519" ? newKeyPair() : newSecret();
}

/** Why a secret cannot be used with a scheme, for the person who wrote it; undefined when it can. Never quotes it. */
export function checkSecretFor(scheme: SignatureScheme, secret: string): string | undefined {
  return scheme === "ED25519" ? checkKeyPair(secret) : checkSecret(secret);
}

/** @throws {TypeError} when it is no secret of its scheme. */
export function signingKey(secret: string): SigningKey {
  return schemeOf(secret) === "ED25519"
    ? { scheme: "ED25519", key: privateKeyFrom(secret) }
    : { scheme: "HMAC_SHA256", key: keyFromSecret(secret) };
}

/** What receivers verify with, when it is not the secret itself. */
export function publicKeyOf(secret: string): string | null {
  return schemeOf(secret) === "ED25519" ? publicKeyText(secret) : null;
}
