import type { EndpointKey } from "../domain/entities.ts";
import { type FieldViolation } from "../domain/errors.ts";
import { newUuid } from "../domain/ids.ts";
import type { SignatureScheme } from "../domain/states.ts";
import { checkSecretFor, newSecretFor, publicKeyOf, schemeOf } from "../signing/signing-key.ts";

/** A secret on its way into the record, with what may be shown of it. */
export interface NewSecret {
  key: EndpointKey;
  secret: string;
}

export interface WantedSecret {
  /** Empty: one is made. */
  secret: string;
  /** Undefined: as the secret's prefix says, else as `standard`. */
  signatureScheme: SignatureScheme | undefined;
}

/** What is wrong with the secret that a caller brings. */
export function secretViolations(wanted: WantedSecret, standard: SignatureScheme): FieldViolation[] {
  if (wanted.secret === "") return [];
  const reason = checkSecretFor(schemeFor(wanted, standard), wanted.secret);
  return reason === undefined ? [] : [{ field: "secret", description: reason }];
}

/** The caller's secret, or a new one. Check it first. */
export function makeSecret(wanted: WantedSecret, standard: SignatureScheme, createdAt: Date): NewSecret {
  const scheme = schemeFor(wanted, standard);
  const secret = wanted.secret || newSecretFor(scheme);
  return { key: { id: newUuid(), scheme, publicKey: publicKeyOf(secret), createdAt, expiresAt: null }, secret };
}

function schemeFor({ secret, signatureScheme }: WantedSecret, standard: SignatureScheme): SignatureScheme {
  return signatureScheme ?? schemeOf(secret) ?? standard;
}
