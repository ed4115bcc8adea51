import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { checkSecret, keyFromSecret, newSecret } from "./secret.ts";

const secretOf = (bytes: number) => `whsec_${randomBytes(bytes).toString("base64")}`;

describe("signing secrets", () => {
  it("makes secrets that it accepts, never the same twice", () => {
    const secrets = new Set(Array.from({ length: 100 }, newSecret));
    expect(secrets.size).toBe(100);
    for (const secret of secrets) expect(checkSecret(secret)).toBeUndefined();
  });

  it("accepts 24 to 64 bytes and names the number it found otherwise", () => {
    for (const bytes of [24, 25, 26, 32, 64]) expect(checkSecret(secretOf(bytes))).toBeUndefined();
    expect(checkSecret(secretOf(23))).toBe("must hold 24 to 64 bytes after base64 decoding, this one holds 23");
    expect(checkSecret(secretOf(65))).toBe("must hold 24 to 64 bytes after base64 decoding, this one holds 65");
    expect(checkSecret("whsec_")).toMatch(/holds 0/);
  });

  it("says what is wrong with the text without quoting it", () => {
    expect(checkSecret("topsecret")).toBe('must start with "whsec_"');
    expect(checkSecret("WHSEC_AAAA")).toBe('must start with "whsec_"');
    expect(checkSecret(`whsec_AB-${"A".repeat(40)}`)).toMatch(/character 3 .*base64url/);
    expect(checkSecret(`${secretOf(32)}\n`)).toMatch(/character 45 is not in its alphabet$/);
    expect(checkSecret(secretOf(25).replace(/=+$/, ""))).toMatch(/padding/);
    expect(checkSecret(`whsec_${"A".repeat(33)}B==`)).toMatch(/padding/);
  });

  it("makes a key of the decoded bytes, and none of a bad secret", () => {
    const bytes = randomBytes(32);
    expect(keyFromSecret(`whsec_${bytes.toString("base64")}`).export()).toEqual(bytes);
    expect(() => keyFromSecret("whsec_AAAA")).toThrow("signing secret must hold 24 to 64 bytes");
  });
});
