import { type KeyObject, verify } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { publicKeyFrom, publicPrefix } from "../signing/ed25519.ts";
import { checkSecret } from "../signing/secret.ts";

/** Verifies requests with one secret or public key. */
export interface Verifier {
  /** @throws Error that says why a request is not verified, as the official library does. */
  verify(body: string, headers: Record<string, string>): void;
}

/**
 * `whsec_…` with the official library, `whpk_…` with node:crypto.
 * @throws {TypeError} that says what is wrong with which, and never quotes it.
 */
export function verifierOf(name: string, text: string): Verifier {
  if (text.startsWith(publicPrefix)) return new PublicKeyVerifier(publicKeyOf(name, text));
  const reason = checkSecret(text);
  if (reason) throw new TypeError(`the signing secret "${name}" ${reason}`);
  const webhook = new Webhook(text);
  // A signature is about bytes; whether they are JSON is another question.
  return { verify: (body, headers) => void webhook.verify(body, headers, { jsonParse: false }) };
}

function publicKeyOf(name: string, text: string): KeyObject {
  try {
    return publicKeyFrom(text);
  } catch (error) {
    throw new TypeError(`"${name}": ${(error as Error).message}`, { cause: error });
  }
}

/** The library's tolerance, s. */
const toleranceSeconds = 300;

/** The `v1a` signatures of Standard Webhooks, which the official library passes over. */
class PublicKeyVerifier implements Verifier {
  readonly #key: KeyObject;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  verify(body: string, headers: Record<string, string>): void {
    const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
    if (!id || !timestamp || !signatures) throw new Error("Missing required headers");
    const age = Date.now() / 1000 - Number(timestamp);
    if (!(age <= toleranceSeconds)) throw new Error("Message timestamp too old");
    if (age < -toleranceSeconds) throw new Error("Message timestamp too new");
    const content = Buffer.from(`${id}.${timestamp}.${body}`);
    const candidates = signatures.split(" ").filter((signature) => signature.startsWith("v1a,"));
    const matches = (signature: string) => verify(null, content, this.#key, Buffer.from(signature.slice(4), "base64"));
    if (!candidates.some(matches)) throw new Error("No matching signature found");
  }
}
