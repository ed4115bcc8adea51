import type { Verifier } from "./verifier.ts";

export interface Verification {
  verified: boolean;
  /** Name of the secret that matched; empty when none did. */
  secret: string;
  /** Why it is not verified; empty when it is. */
  reason: string;
}

/** Tries each secret and public key. */
export function verify(
  secrets: Iterable<[string, Verifier]>,
  headers: Record<string, string>,
  body: string,
): Verification {
  let reason = headers["webhook-signature"] === undefined ? "it carries no signature" : "no secret is known here";
  for (const [name, verifier] of secrets) {
    try {
      verifier.verify(body, headers);
      return { verified: true, secret: name, reason: "" };
    } catch (error) {
      reason = reasonOf(error instanceof Error ? error.message : String(error));
    }
  }
  return { verified: false, secret: "", reason };
}

function reasonOf(message: string): string {
  const reasons: Record<string, string> = {
    "No matching signature found": "no known secret made this signature",
    "Missing required headers": "it carries no signature",
    "Message timestamp too old": "its timestamp is more than 5 minutes old",
    "Message timestamp too new": "its timestamp is more than 5 minutes ahead",
  };
  return reasons[message] ?? message;
}
