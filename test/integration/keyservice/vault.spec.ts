import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { VaultTransit } from "../../../internal/keyservice/vault-transit.ts";
import { KeyRefused } from "../../../internal/secrets/key-provider.ts";
import { startVaultDouble, type VaultDouble } from "../../harness/vault-transit.ts";

const context = { table: "webhook_endpoint_secrets", row: "1" };
const dataKey = randomBytes(32);

function transit(vault: VaultDouble, more: Partial<ConstructorParameters<typeof VaultTransit>[0]> = {}): VaultTransit {
  return new VaultTransit({
    address: vault.url,
    token: { text: vault.token },
    namespace: "",
    mount: "transit",
    key: "sealpost",
    ...more,
  });
}

// Against the documented requests and answers of the transit engine; not run against a Vault or an OpenBao.
describe("the transit engine of Vault, as documented", () => {
  it("wraps and unwraps, and names the key with its version", async () => {
    const vault = await startVaultDouble();
    const keys = transit(vault);
    try {
      expect(await keys.currentKeyId()).toBe("transit/sealpost#1");
      const before = await keys.wrap(dataKey, context);
      expect(before.keyId).toBe("transit/sealpost#1");
      expect(before.wrapped.includes(dataKey)).toBe(false);
      vault.rotate();
      expect(await keys.currentKeyId()).toBe("transit/sealpost#2");
      expect((await keys.wrap(dataKey, context)).keyId).toBe("transit/sealpost#2");
      expect(await keys.unwrap(before, context)).toEqual(dataKey);
      await keys.health();
    } finally {
      keys.close();
      await vault.close();
    }
  });

  it("is asked again when it closed a kept connection as it was used again", async () => {
    const vault = await startVaultDouble();
    const keys = transit(vault);
    try {
      const key = await keys.wrap(dataKey, context);
      vault.resetNext = true;
      expect(await keys.unwrap(key, context)).toEqual(dataKey);
      expect(vault.asked).toBe(3);
    } finally {
      keys.close();
      await vault.close();
    }
  });

  it("refuses what is bound to another row, was changed, or was made by a key that is not there", async () => {
    const vault = await startVaultDouble();
    const keys = transit(vault);
    try {
      const key = await keys.wrap(dataKey, context);
      await expect(keys.unwrap(key, { ...context, row: "2" })).rejects.toThrow(KeyRefused);
      const changed = Buffer.from(`${key.wrapped.toString().slice(0, -8)}AAAAAAA=`);
      await expect(keys.unwrap({ ...key, wrapped: changed }, context)).rejects.toThrow("message authentication failed");
      await expect(keys.unwrap({ ...key, keyId: "nonsense" }, context)).rejects.toThrow(KeyRefused);
    } finally {
      keys.close();
      await vault.close();
    }
  });

  it.each<[string, (vault: VaultDouble) => void, Parameters<typeof transit>[1], RegExp]>([
    ["a token that it does not take", () => {}, { token: { text: "other" } }, /403: permission denied/],
    ["a token file that is not there", () => {}, { token: { file: "/nowhere/token" } }, /ENOENT/],
    ["being sealed", (vault) => (vault.fault = { status: 503, body: { errors: ["Vault is sealed"] } }), {}, /sealed/],
    ["silence", (vault) => (vault.fault = "silent"), {}, /no answer within 3000 ms/],
    ["nobody there", () => {}, { address: "http://127.0.0.1:1" }, /ECONNREFUSED/],
  ])("says that it is unavailable on %s", async (_name, prepare, more, says) => {
    const vault = await startVaultDouble();
    const keys = transit(vault, more);
    try {
      prepare(vault);
      const unavailable = { status: "UNAVAILABLE", reason: "KEY_SERVICE_UNAVAILABLE" };
      for (const call of [() => keys.wrap(dataKey, context), () => keys.currentKeyId(), () => keys.health()]) {
        await expect(call()).rejects.toMatchObject({ ...unavailable, message: expect.stringMatching(says) });
      }
    } finally {
      keys.close();
      await vault.close();
    }
  });
});
