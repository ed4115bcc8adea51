import type { Webhook } from "standardwebhooks";

export interface Verification {
  verified: boolean;
  /** Name of the secret that matched; empty when none did. */
  secret: string;
  /** Why it is not verified; empty when it is. */
  reason: string;
}

/** Tries each secret with the official library. */
export function verify(
  secrets: Iterable<[string, Webhook]>,
  headers: Record<string, string>,
  body: string,
): Verification {
  let reason = headers["webhook-signature"] === undefined ? "it carries no signature" : "no secret is known here";
  for (const [name, webhook] of secrets) {
    try {
      // A signature is about bytes; whether they are JSON is another question.
      webhook.verify(body, headers, { jsonParse: false });
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
