import { describe, expect, it } from "@jest/globals";
import { newKeyPair, publicKeyText } from "../signing/ed25519.ts";
import { newSecret } from "../signing/secret.ts";
import { sign } from "../signing/sign.ts";
import { signingKey } from "../signing/signing-key.ts";
import { verifierOf } from "./verifier.ts";

const body = '{"a":1}';
const now = () => Math.floor(Date.now() / 1000);

function headers(secrets: string[], timestampSeconds = now()): Record<string, string> {
  return { ...sign({ id: "evt_1", timestampSeconds, body: Buffer.from(body), keys: secrets.map(signingKey) }) };
}

describe("a receiver's verifier", () => {
  const pair = newKeyPair();
  const verifier = verifierOf("orders", publicKeyText(pair));

  it("verifies v1a with the public key, wherever it stands among the signatures", () => {
    for (const secrets of [[pair], [newSecret(), pair], [newKeyPair(), pair, newSecret()]]) {
      expect(() => verifier.verify(body, headers(secrets))).not.toThrow();
    }
  });

  it("refuses another key's, another body, another id, another time, and none", () => {
    const good = headers([pair]);
    expect(() => verifier.verify(body, headers([newKeyPair(), newSecret()]))).toThrow("No matching signature");
    expect(() => verifier.verify("{}", good)).toThrow("No matching signature");
    expect(() => verifier.verify(body, { ...good, "webhook-id": "evt_2" })).toThrow("No matching signature");
    expect(() => verifier.verify(body, { ...good, "webhook-signature": "v1a,AAAA v1a," })).toThrow("No matching");
    expect(() => verifier.verify(body, headers([pair], now() - 301))).toThrow("too old");
    expect(() => verifier.verify(body, headers([pair], now() + 310))).toThrow("too new");
    expect(() => verifier.verify(body, { ...good, "webhook-timestamp": "x" })).toThrow("too old");
    expect(() => verifier.verify(body, {})).toThrow("Missing required headers");
  });

  it("says what is wrong with a key that it cannot use", () => {
    expect(() => verifierOf("orders", "whpk_AAAA")).toThrow('"orders": public key must hold 32 bytes');
    expect(() => verifierOf("orders", pair)).toThrow('the signing secret "orders" must start with "whsec_"');
  });
});
