import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { formatId } from "../../../internal/domain/ids.ts";
import { EnvelopeBox } from "../../../internal/secrets/envelope-box.ts";
import { Keyring } from "../../../internal/secrets/keyring.ts";
import { LocalKeys } from "../../../internal/secrets/local-keys.ts";
import { rekey } from "../../../internal/secrets/rekey.ts";
import { sealedItems } from "../../../internal/store/endpoints/sealed-items.ts";
import { inheritedEnvironment } from "../../harness/compile-cache.ts";
import { startVaultDouble, type VaultDouble } from "../../harness/vault-transit.ts";
import { until } from "../../harness/wait.ts";
import { addEndpoint, addTenant, type Management, startManagement, type TestTenant } from "./fixture.ts";

const program = fileURLToPath(new URL("../../../cmd/rekey.ts", import.meta.url));

let management: Management;
let tenant: TestTenant;
beforeEach(async () => {
  management = await startManagement({ endpointsPerWorkspace: 5_000 });
  tenant = await addTenant(management);
});
afterEach(() => management[Symbol.asyncDispose]());

const create = () => addEndpoint(management, tenant, { headers: { "x-token": "t0ken" } });

function rotate(id: string) {
  const plain = { secret: "", signatureScheme: undefined, overlapMs: 0, compromised: false };
  return management.endpoints.rotateSecret(tenant.company, { webhookId: formatId("endpoint", id), ...plain });
}

/** Runs npm run rekey as it stands. */
function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [program], {
    env: { ...inheritedEnvironment(), DATABASE_URL: management.url, ...env },
    cwd: "/",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("close", (code, signal) => resolve(signal ?? code ?? -1));
  });
  return { output: () => output, kill: () => child.kill("SIGKILL"), ended };
}

function vaultSettings(vault: VaultDouble) {
  return {
    SECRET_KEY_PROVIDER: "vault",
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.token,
    VAULT_TRANSIT_KEY: "sealpost",
  };
}

/** The first bytes of all sealed columns say their key: how many there are under a key whose name has this. */
async function countUnder(part: string): Promise<number> {
  const [row] = await management.record.query<{ count: number }>(
    `select count(*)::int as count from (
       select sealed from webhook_endpoint_secrets union all select headers from webhook_endpoints where headers is not null
     ) s where position(convert_to($1, 'UTF8') in sealed) > 0`,
    [part],
  );
  return row?.count ?? 0;
}

describe("npm run rekey", () => {
  it("moves everything to another provider, also when it is killed in the middle and run again", async () => {
    const made = [];
    for (let i = 0; i < 60; i++) made.push(await create());
    const vault = await startVaultDouble();
    try {
      vault.delayMs = 100;
      const env = { ...vaultSettings(vault), WEBHOOK_SECRET_ENCRYPTION_KEY: management.encryptionKey };
      const first = run(env);
      const some = async () => (await countUnder("vault:transit")) >= 20;
      await until(some, { what: "some to be re-wrapped" });
      first.kill();
      expect(await first.ended).toBe("SIGKILL");
      const done = await countUnder("vault:transit");
      expect(done).toBeLessThan(120);

      const second = run(env);
      expect({ code: await second.ended, output: second.output() }).toMatchObject({
        code: 0,
        output: expect.stringContaining("nothing is left under another key"),
      });
      expect(second.output()).toContain("the current key is vault:transit/sealpost#1");
      expect(await countUnder("vault:transit")).toBe(120);
      expect(await countUnder("local:")).toBe(0);

      // The old key is not needed any more, and once more there is nothing to do.
      const third = run(vaultSettings(vault));
      expect({ code: await third.ended, output: third.output() }).toMatchObject({
        code: 0,
        output: expect.stringContaining("\n0 re-wrapped\n"),
      });

      // A newer version of the key in Vault is another key.
      vault.rotate();
      vault.delayMs = 0;
      const fourth = run(vaultSettings(vault));
      expect({ code: await fourth.ended, output: fourth.output() }).toMatchObject({
        code: 0,
        output: expect.stringContaining("\n120 re-wrapped\n"),
      });

      // And back.
      const back = run({ ...env, SECRET_KEY_PROVIDER: "local" });
      expect(await back.ended).toBe(0);
      for (const { id, secret } of made) {
        const read = await management.endpointReader.readForDelivery(id);
        expect(read?.keys[0]?.key.export()).toEqual(Buffer.from(secret.slice("whsec_".length), "base64"));
        expect(read?.headers).toEqual({ "x-token": "t0ken" });
      }
    } finally {
      await vault.close();
    }
  });

  it("fails and names what it cannot open, after it has done the rest", async () => {
    for (let i = 0; i < 10; i++) await create();
    const { id } = await create();
    await management.record.query(
      "update webhook_endpoint_secrets set sealed = set_byte(sealed, length(sealed) - 1, 0) where endpoint_id = $1",
      [id],
    );
    const key = randomBytes(32).toString("hex");
    const env = { WEBHOOK_SECRET_ENCRYPTION_KEY: key, WEBHOOK_SECRET_OLD_KEYS: management.encryptionKey };
    const { ended, output } = run(env);
    expect(await ended).toBe(1);
    expect(output()).toContain(`signing secret 1 of webhook_endpoint_secrets ${id} cannot be opened`);
    expect(output()).toMatch(/1 left under local:[0-9a-f]{16}/);
    expect(output()).toContain("1 cannot be opened: add the keys");
    expect(await countUnder(`local:${new Keyring(key).current.id}`)).toBe(21);
    for (const text of [key, management.encryptionKey, "t0ken"]) expect(output()).not.toContain(text);
  });

  it("runs beside creating and rotating, and no secret is lost", async () => {
    const before = await Promise.all(Array.from({ length: 10 }, create));
    const [current, other] = [management.encryptionKey, randomBytes(32).toString("hex")];
    let busy = true;
    const secrets = new Map(before.map(({ id, secret }) => [id, secret]));
    const users = before.map(async ({ id }) => {
      while (busy) {
        secrets.set(id, (await rotate(id)).secret);
        const made = await create();
        secrets.set(made.id, made.secret);
      }
    });
    // Back and forth, while the service goes on sealing with the first one.
    for (const [key, older] of [
      [other, current],
      [current, other],
      [other, current],
      [current, other],
    ] as const) {
      const keyring = new Keyring(key, [older]);
      const box = new EnvelopeBox({ current: new LocalKeys(() => keyring), keyring: () => keyring });
      const pages = () => sealedItems(management.database, box);
      const { unopened } = await rekey({ pages, currentKeyId: await box.currentKeyId(), onProgress: () => {} });
      expect(unopened).toEqual([]);
    }
    busy = false;
    await Promise.all(users);
    for (const [id, secret] of secrets) {
      const read = await management.endpointReader.readForDelivery(id);
      expect(read?.keys.map(({ key }) => key.export())).toEqual([Buffer.from(secret.slice("whsec_".length), "base64")]);
      expect(read?.headers).toEqual({ "x-token": "t0ken" });
    }
  });
});
