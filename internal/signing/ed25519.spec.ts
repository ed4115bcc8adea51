import { describe, expect, it } from "@jest/globals";
import { checkKeyPair, newKeyPair, privateKeyFrom, publicKeyFrom, publicKeyText } from "./ed25519.ts";
import { sign } from "./sign.ts";
import { checkSecretFor, newSecretFor, publicKeyOf, schemeOf, signingKey } from "./signing-key.ts";

/** RFC 8032 §7.1, test 2. */
const seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const publicHex = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
const encode = (hex: string) => Buffer.from(hex, "hex").toString("base64");

describe("ed25519 key pairs", () => {
  it("are those of RFC 8032, with or without the public key", () => {
    for (const secret of [`whsk_${encode(seed + publicHex)}`, `whsk_${encode(seed)}`]) {
      expect(checkKeyPair(secret)).toBeUndefined();
      expect(publicKeyText(secret)).toBe(`whpk_${encode(publicHex)}`);
    }
    expect(publicKeyFrom(`whpk_${encode(publicHex)}`).asymmetricKeyType).toBe("ed25519");
  });

  it("are made new each time, and are accepted", () => {
    const pairs = new Set(Array.from({ length: 20 }, newKeyPair));
    expect(pairs.size).toBe(20);
    for (const pair of pairs) expect(checkKeyPair(pair)).toBeUndefined();
  });

  it("are refused with a reason that does not quote them", () => {
    const other = newKeyPair();
    const mixed = `whsk_${encode(seed + Buffer.from(other.slice(5), "base64").toString("hex").slice(64))}`;
    expect(checkKeyPair(mixed)).toBe("holds a public key that does not belong to its seed");
    expect(checkKeyPair(`whsk_${encode(seed.slice(2))}`)).toMatch(/this one holds 31$/);
    expect(checkKeyPair("whsec_AAAA")).toBe('must start with "whsk_"');
    expect(() => privateKeyFrom("whsk_AAAA")).toThrow("signing secret must hold an ed25519 seed");
    expect(() => publicKeyFrom("whpk_AAAA")).toThrow("public key must hold 32 bytes, this one holds 3");
  });
});

describe("signing keys", () => {
  it("follow their secret's prefix", () => {
    for (const scheme of ["HMAC_SHA256", "ED25519"] as const) {
      const secret = newSecretFor(scheme);
      expect(schemeOf(secret)).toBe(scheme);
      expect(signingKey(secret).scheme).toBe(scheme);
      expect(checkSecretFor(scheme, secret)).toBeUndefined();
      expect(publicKeyOf(secret) === null).toBe(scheme === "HMAC_SHA256");
      const headers = sign({ id: "a", timestampSeconds: 1, body: Buffer.from("{}"), keys: [signingKey(secret)] });
      expect(headers["webhook-signature"]).toMatch(scheme === "ED25519" ? /^v1a,/ : /^v1,/);
    }
    expect(schemeOf("topsecret")).toBeUndefined();
    expect(checkSecretFor("ED25519", newSecretFor("HMAC_SHA256"))).toBe('must start with "whsk_"');
  });
});
