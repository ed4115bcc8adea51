import { describe, expect, it } from "@jest/globals";
import { VaultTransit } from "../../../internal/keyservice/vault-transit.ts";
import { WatchedKeys } from "../../../internal/keyservice/watched-keys.ts";
import { startVaultDouble } from "../../harness/vault-transit.ts";
import { until } from "../../harness/wait.ts";

const context = { row: "1" };

describe("a key service with its health", () => {
  it("fails at once while it is down, is asked until it is back, and tells both", async () => {
    const vault = await startVaultDouble();
    const told: string[] = [];
    const keys = new WatchedKeys(
      new VaultTransit({
        address: vault.url,
        token: { text: vault.token },
        namespace: "",
        mount: "transit",
        key: "sealpost",
      }),
      { onHealth: (up, why) => told.push(up ? "up" : why), downEveryMs: 50 },
    );
    try {
      await keys.health();
      const key = await keys.wrap(Buffer.alloc(32), context);
      // One refusal is not the service's.
      await expect(keys.unwrap(key, { row: "2" })).rejects.toThrow("refuses to decrypt");
      await keys.unwrap(key, context);
      vault.fault = { status: 503, body: { errors: ["Vault is sealed"] } };
      await expect(keys.unwrap(key, context)).rejects.toThrow("sealed");
      await until(() => told.length === 2, { what: "the news" });
      const asked = vault.asked;
      await expect(Promise.all(Array.from({ length: 50 }, () => keys.unwrap(key, context)))).rejects.toThrow("sealed");
      expect(vault.asked - asked).toBeLessThan(5);
      vault.fault = undefined;
      await until(() => told.length === 3, { what: "the good news" });
      await keys.unwrap(key, context);
      expect(told).toEqual(["up", expect.stringContaining("Vault is sealed"), "up"]);
    } finally {
      keys.close();
      await vault.close();
    }
  });
});
