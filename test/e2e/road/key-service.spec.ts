import { describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { nothing, Road } from "../../harness/road.ts";
import { startVaultDouble } from "../../harness/vault-transit.ts";
import { until } from "../../harness/wait.ts";

describe("a key service that goes away", () => {
  it("makes deliveries wait, unsigned nothing leaves, and brings them back by itself without an attempt used", async () => {
    const vault = await startVaultDouble();
    await using road = await Road.start({
      env: {
        SECRET_KEY_PROVIDER: "vault",
        VAULT_ADDR: vault.url,
        VAULT_TOKEN: vault.token,
        VAULT_TRANSIT_KEY: "sealpost",
        WEBHOOK_SECRET_ENCRYPTION_KEY: "",
      },
    });
    try {
      const { secret } = await road.endpoint();
      await road.publish();
      await until(() => road.receiver.requests.length === 1, { what: "the first delivery" });
      const keyServiceUp = async () => {
        const [delivery] = road.system.deliveries;
        const text = await (await fetch(`${delivery?.metrics}/metrics`)).text();
        return /sealpost_key_service_up\{provider="vault"\} (\d)/.exec(text)?.[1];
      };
      expect(await keyServiceUp()).toBe("1");

      vault.fault = { status: 503, body: { errors: ["Vault is sealed"] } };
      // A process that has no data key yet, as after a roll-out.
      await road.system.deliveries[0]?.kill();
      await road.system.deliveries[0]?.start();
      for (let i = 0; i < 10; i++) await road.publish();
      const waiting = async () => (await road.record.jobs()).filter((job) => job.queue === null && job.due_at).length;
      await until(async () => (await waiting()) === 10, { what: "the deliveries to wait with Postgres" });
      expect(await keyServiceUp()).toBe("0");
      expect(road.receiver.requests).toHaveLength(1);

      const before = await road.record.query("select id from webhook_endpoints");
      const refused = await road.company.post(`/v1/workspaces/${road.tenant.workspaceId}/webhooks`, {
        url: `${road.receiver.url}/another`,
        events: ["*"],
      });
      expect(refused).toMatchObject({ status: 503, text: expect.stringContaining("KEY_SERVICE_UNAVAILABLE") });
      expect(await road.record.query("select id from webhook_endpoints")).toEqual(before);

      vault.fault = undefined;
      await until(() => road.receiver.requests.length === 11, {
        what: "the deliveries to come back",
      });
      expect(await road.nothingLost()).toEqual(nothing);
      for (const { headers, body } of road.receiver.requests) {
        new Webhook(secret).verify(body.toString(), headers as Record<string, string>);
      }
      expect((await road.record.jobs()).map((job) => job.attempt_count)).toEqual(Array(11).fill(1));
      expect(await keyServiceUp()).toBe("1");
    } finally {
      await vault.close();
    }
  });
});
