import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { newUuid } from "../domain/ids.ts";
import { UnopenedSecret } from "./box.ts";
import { unpackEnvelope } from "./envelope.ts";
import { EnvelopeBox } from "./envelope-box.ts";
import { type KeyProvider, keyServiceUnavailable } from "./key-provider.ts";
import { Keyring } from "./keyring.ts";
import { LocalKeys } from "./local-keys.ts";

const hex = () => randomBytes(32).toString("hex");
const place = {
  table: "webhook_endpoint_secrets",
  tenantId: newUuid(),
  rowId: newUuid(),
  version: 1,
  purpose: "signing",
};
const plain = Buffer.from("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");

function boxOf(current: string, ...older: string[]): EnvelopeBox {
  const keyring = new Keyring(current, older);
  return new EnvelopeBox({ current: new LocalKeys(() => keyring), keyring: () => keyring });
}

describe("EnvelopeBox", () => {
  const key = hex();
  const box = boxOf(key);

  it("opens what it sealed, and never seals the same way twice", async () => {
    const [one, two] = [await box.seal(plain, place), await box.seal(plain, place)];
    expect(one.equals(two)).toBe(false);
    expect(one.includes(plain)).toBe(false);
    expect(await box.open(one, place)).toEqual(plain);
    expect(await box.open(two, place)).toEqual(plain);
    expect(await box.open(await box.seal(Buffer.alloc(0), place), place)).toHaveLength(0);
  });

  it("refuses it when any single bit was changed, also when its data key is known already", async () => {
    const blob = await box.seal(plain, place);
    await box.open(blob, place);
    for (let i = 0; i < blob.length; i++) {
      const tampered = Buffer.from(blob);
      tampered.writeUInt8(tampered.readUInt8(i) ^ (1 << (i % 8)), i);
      await expect(box.open(tampered, place)).rejects.toThrow(UnopenedSecret);
      await expect(box.rewrap(tampered, place)).rejects.toThrow(UnopenedSecret);
    }
  });

  it.each([
    ["another table", { ...place, table: "webhook_headers" }],
    ["another tenant", { ...place, tenantId: newUuid() }],
    ["another row", { ...place, rowId: newUuid() }],
    ["another version", { ...place, version: 2 }],
    ["another purpose", { ...place, purpose: "headers" }],
  ])("refuses it in %s, with and without a known data key", async (_where, elsewhere) => {
    const blob = await box.seal(plain, place);
    await expect(boxOf(key).open(blob, elsewhere)).rejects.toThrow(UnopenedSecret);
    await box.open(blob, place);
    await expect(box.open(blob, elsewhere)).rejects.toThrow("belongs to another row or version");
  });

  it("refuses the data key of one secret with the payload of another", async () => {
    const [one, two] = [await box.seal(plain, place), await box.seal(plain, { ...place, version: 2 })];
    const parts = unpackEnvelope(two);
    const mixed = Buffer.concat([one.subarray(0, one.length - plain.length - 28), parts?.payload ?? Buffer.alloc(0)]);
    await expect(box.open(mixed, { ...place, version: 2 })).rejects.toThrow(UnopenedSecret);
  });

  it("refuses cut blobs", async () => {
    const blob = await box.seal(plain, place);
    for (let length = 0; length < blob.length; length++) {
      await expect(box.open(blob.subarray(0, length), place)).rejects.toThrow(UnopenedSecret);
    }
  });

  it("names the row, not the secret, when it cannot open", async () => {
    const foreign = await boxOf(hex()).seal(plain, place);
    await expect(box.open(foreign, place)).rejects.toThrow(
      new RegExp(
        `^signing secret 1 of webhook_endpoint_secrets ${place.rowId} cannot be opened: no key [0-9a-f]{16} here`,
      ),
    );
  });

  it("opens what the first release sealed, and re-wraps it into an envelope", async () => {
    const first = { ...place, table: "webhook_endpoints", rowId: "01933b5e-7c00-7abc-8def-0123456789ab" };
    const blob = Buffer.from(
      "AQQPHylpTs0hnTqi7Zv/pBnaxpLdqi0Soqj/10y5hUU4v5YZvS/SMwhIJP57i615TuCE0IzYohgaGwu5NF4mLCZ3Rq4D5Ir3qXNH",
      "base64",
    );
    const old = "00112233445566778899aabbccddeeff".repeat(2);
    const both = boxOf(key, old);
    expect(await both.open(blob, first)).toEqual(plain);
    await expect(both.open(blob, { ...first, version: 2 })).rejects.toThrow(UnopenedSecret);
    const rewrapped = await both.rewrap(blob, first);
    expect(rewrapped[0]).toBe(2);
    expect(await box.open(rewrapped, first)).toEqual(plain);
    await expect(box.open(blob, first)).rejects.toThrow("add the key that sealed it");
  });

  it("re-wraps without touching the payload; from then on the old key is not needed", async () => {
    const [before, after] = [hex(), hex()];
    const sealed = await boxOf(before).seal(plain, place);
    const during = boxOf(after, before);
    const rewrapped = await during.rewrap(sealed, place);
    expect(unpackEnvelope(rewrapped)?.payload).toEqual(unpackEnvelope(sealed)?.payload);
    expect(during.keyIdOf(rewrapped)).toBe(await during.currentKeyId());
    expect(during.keyIdOf(sealed)).not.toBe(await during.currentKeyId());
    expect(await boxOf(after).open(rewrapped, place)).toEqual(plain);
    await expect(boxOf(after).open(sealed, place)).rejects.toThrow(UnopenedSecret);
  });

  it("says which provider's settings are missing", async () => {
    const vault = new EnvelopeBox({ current: { ...askCounting().provider, name: "vault" } });
    await expect(box.open(await vault.seal(plain, place), place)).rejects.toThrow(/its key is vault:.* add them/);
  });

  it("asks the key service once for a secret that is opened often, and passes on that it is away", async () => {
    const { provider, asked } = askCounting();
    const remote = new EnvelopeBox({ current: provider });
    const [one, two] = [await remote.seal(plain, place), await remote.seal(plain, { ...place, version: 2 })];
    for (let i = 0; i < 3; i++) await remote.open(one, place);
    expect(asked()).toBe(1);
    provider.unwrap = () => Promise.reject(keyServiceUnavailable("vault", "no answer"));
    expect(await remote.open(one, place)).toEqual(plain);
    await expect(remote.open(two, { ...place, version: 2 })).rejects.toMatchObject({
      status: "UNAVAILABLE",
      reason: "KEY_SERVICE_UNAVAILABLE",
    });
  });
});

describe("Keyring", () => {
  it("knows a key by itself, in either case of its hex digits", async () => {
    const key = hex();
    const sealed = await boxOf(key.toUpperCase()).seal(plain, place);
    expect(await boxOf(key).open(sealed, place)).toEqual(plain);
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

/** A provider that counts how often it is asked to unwrap. */
function askCounting(): { provider: KeyProvider; asked: () => number } {
  const keyring = new Keyring(hex());
  const local = new LocalKeys(() => keyring);
  let asked = 0;
  const provider: KeyProvider = {
    name: "local",
    currentKeyId: () => local.currentKeyId(),
    wrap: (dataKey, context) => local.wrap(dataKey, context),
    unwrap: (key, context) => {
      asked++;
      return local.unwrap(key, context);
    },
    health: () => local.health(),
  };
  return { provider, asked: () => asked };
}
