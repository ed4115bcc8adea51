import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { newUuid } from "../domain/ids.ts";
import { AesGcmBox } from "./aes-gcm-box.ts";
import { UnopenedSecret } from "./box.ts";
import { Keyring } from "./keyring.ts";

const hex = () => randomBytes(32).toString("hex");
const place = { table: "webhook_endpoints", rowId: newUuid(), version: 1 };
const plain = Buffer.from("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");

describe("AesGcmBox", () => {
  const box = new AesGcmBox(new Keyring(hex()));

  it("opens what it sealed, and never seals the same way twice", async () => {
    const [one, two] = [await box.seal(plain, place), await box.seal(plain, place)];
    expect(one.equals(two)).toBe(false);
    expect(one.includes(plain)).toBe(false);
    expect(await box.open(one, place)).toEqual(plain);
    expect(await box.open(two, place)).toEqual(plain);
    expect(await box.open(await box.seal(Buffer.alloc(0), place), place)).toHaveLength(0);
  });

  it("refuses it when any single bit was changed", async () => {
    const blob = await box.seal(plain, place);
    for (let i = 0; i < blob.length; i++) {
      const tampered = Buffer.from(blob);
      tampered.writeUInt8(tampered.readUInt8(i) ^ (1 << (i % 8)), i);
      await expect(box.open(tampered, place)).rejects.toThrow(UnopenedSecret);
    }
  });

  it.each([
    ["another table", { ...place, table: "webhook_headers" }],
    ["another row", { ...place, rowId: newUuid() }],
    ["another version", { ...place, version: 2 }],
  ])("refuses it in %s", async (_where, elsewhere) => {
    await expect(box.open(await box.seal(plain, place), elsewhere)).rejects.toThrow(
      "belongs to another row or version",
    );
  });

  it("refuses short tags and cut blobs", async () => {
    const blob = await box.seal(plain, place);
    for (const length of [0, 1, 9, 21, 36, blob.length - 12, blob.length - 4, blob.length - 1]) {
      await expect(box.open(blob.subarray(0, length), place)).rejects.toThrow(UnopenedSecret);
    }
  });

  it("names the row, not the secret, when it cannot open", async () => {
    const foreign = await new AesGcmBox(new Keyring(hex())).seal(plain, place);
    await expect(box.open(foreign, place)).rejects.toThrow(
      new RegExp(`^secret 1 of webhook_endpoints ${place.rowId} cannot be opened: no key [0-9a-f]{16} here`),
    );
  });
});

describe("Keyring", () => {
  it("opens with older keys and seals with the current one", async () => {
    const [before, after] = [hex(), hex()];
    const sealedBefore = await new AesGcmBox(new Keyring(before)).seal(plain, place);
    const rotated = new AesGcmBox(new Keyring(after, [before]));
    expect(await rotated.open(sealedBefore, place)).toEqual(plain);
    const sealedAfter = await rotated.seal(plain, place);
    expect(await new AesGcmBox(new Keyring(after)).open(sealedAfter, place)).toEqual(plain);
  });

  it("knows a key by itself, in either case of its hex digits", async () => {
    const key = hex();
    const sealed = await new AesGcmBox(new Keyring(key.toUpperCase())).seal(plain, place);
    expect(await new AesGcmBox(new Keyring(key)).open(sealed, place)).toEqual(plain);
  });

  it.each([
    ["", "0 characters"],
    ["abc", "3 characters"],
    ["0".repeat(63), "63"],
    ["0".repeat(65), "65"],
  ])("refuses %j and says how to make a key", (text, says) => {
    expect(() => new Keyring(text)).toThrow(says);
    expect(() => new Keyring(text)).toThrow("openssl rand -hex 32");
  });

  it("never quotes a key that it refuses", () => {
    const almost = `${hex().slice(1)}z`;
    expect(() => new Keyring(almost)).toThrow("some are not hex digits");
    expect(() => new Keyring(almost)).not.toThrow(almost.slice(0, 8));
  });
});
