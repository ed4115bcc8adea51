import { verify } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { newKeyPair, publicKeyFrom, publicKeyText } from "./ed25519.ts";
import { newSecret } from "./secret.ts";
import { sign } from "./sign.ts";
import { signingKey } from "./signing-key.ts";

const id = "evt_01h455vb4pex5vsknk084sn02q";
const now = () => Math.floor(Date.now() / 1000);

function signed(body: string, secrets: string[], timestampSeconds = now()) {
  const bytes = Buffer.from(body);
  return { body, headers: { ...sign({ id, timestampSeconds, body: bytes, keys: secrets.map(signingKey) }) } };
}

describe("sign", () => {
  it("is what the official library verifies, whatever the body holds", () => {
    const secret = newSecret();
    const bodies = [
      "{}",
      '{"n":12345678901234567890,"d":0.10,"e":1e400}',
      '{"text":"Grüße, 世界, 🪵 and \\u0000"}',
      '{ "order" : [3, 1, 2],\n "b":1, "a":2 }',
      JSON.stringify({ long: "x".repeat(256 * 1024) }),
    ];
    for (const text of bodies) {
      const { body, headers } = signed(text, [secret]);
      expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
    }
  });

  it("equals the official library's signature", () => {
    const secret = newSecret();
    const { body, headers } = signed('{"a":1}', [secret], 1_700_000_000);
    expect(headers).toEqual({
      "webhook-id": id,
      "webhook-timestamp": "1700000000",
      "webhook-signature": new Webhook(secret).sign(id, new Date(1_700_000_000_000), body),
    });
  });

  it("lets the old and the new secret verify while a rotation lasts, and no other", () => {
    const [current, old, other] = [newSecret(), newSecret(), newSecret()];
    const { body, headers } = signed('{"a":1}', [current, old]);
    expect(headers["webhook-signature"]).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
    for (const secret of [current, old]) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
    expect(() => new Webhook(other).verify(body, headers)).toThrow();
  });

  it("signs with ed25519 as the specification says, beside HMAC while an endpoint changes over", () => {
    const [pair, secret] = [newKeyPair(), newSecret()];
    const { body, headers } = signed('{"a":1}', [pair, secret], 1_700_000_000);
    const [first = "", second = "", ...more] = headers["webhook-signature"].split(" ");
    expect(more).toEqual([]);
    expect(first).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/);
    const content = Buffer.from(`${id}.1700000000.${body}`);
    const publicKey = publicKeyFrom(publicKeyText(pair));
    const verifies = (text: Buffer) => verify(null, text, publicKey, Buffer.from(first.slice(4), "base64"));
    expect(verifies(content)).toBe(true);
    expect(verifies(Buffer.from(`${id}.1700000001.${body}`))).toBe(false);
    expect(second).toBe(new Webhook(secret).sign(id, new Date(1_700_000_000_000), body));
  });

  it("leaves HMAC verifiable for the official library, which passes over v1a", () => {
    const secret = newSecret();
    const { body, headers } = signed('{"a":1}', [newKeyPair(), secret]);
    expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
  });

  it("does not verify for a changed body, id or time", () => {
    const secret = newSecret();
    const { body, headers } = signed('{"amount":1}', [secret]);
    const webhook = new Webhook(secret);
    expect(() => webhook.verify('{"amount":2}', headers)).toThrow();
    expect(() => webhook.verify(body, { ...headers, "webhook-id": `${id}x` })).toThrow();
    expect(() => webhook.verify(body, { ...headers, "webhook-timestamp": String(now() + 1) })).toThrow();
  });

  it("refuses what must not leave: ids that can be split again, broken times, no key", () => {
    const keys = [signingKey(newSecret())];
    const body = Buffer.from("{}");
    for (const bad of ["", "a.b", "a b", "a\n", "é"]) {
      expect(() => sign({ id: bad, timestampSeconds: 1, body, keys })).toThrow('letters, digits, "_" and "-" only');
    }
    for (const bad of [1.5, Number.NaN, -1]) {
      expect(() => sign({ id, timestampSeconds: bad, body, keys })).toThrow("whole seconds");
    }
    expect(() => sign({ id, timestampSeconds: 1, body, keys: [] })).toThrow("never sent unsigned");
  });
});
