import { describe, expect, it } from "@jest/globals";
import { noDeliveryNetworks } from "../network/allowance.ts";
import { bootstrap, type Wanted } from "./bootstrap.ts";
import type { KeySecret, KeySecrets, KnownCompany, KnownKey, KnownWorkspace, Tenants } from "./ports.ts";

const wanted: Wanted = {
  company: {
    name: "Acme",
    id: "",
    planTier: "GROWTH",
    allowedCidrs: ["10.0.0.0/8"],
    deliveryNetworks: { networks: [{ name: "pods", cidr: "10.0.0.0/8" }], nameSuffixes: ["svc"], allowHttp: true },
  },
  workspace: { name: "default", region: "us" },
  keysSecret: "keys",
  controllerSecret: "controller",
  controllerLimits: { operationsPerMinute: 6000, readsPerMinute: 60_000 },
  replace: false,
  installation: "us here",
};

/** A record and a cluster that fail at one chosen write, before it or after it was done. */
class World {
  companies: KnownCompany[] = [];
  workspaces: KnownWorkspace[] = [];
  keys: (KnownKey & { key: string; permissions: string[]; operationsPerMinute: number })[] = [];
  stored = new Map<string, KeySecret>();
  said: string[] = [];
  writes = 0;
  fail: { at: number; when: "before" | "after" } | undefined;

  #write<T>(change: () => T): Promise<T> {
    this.writes++;
    const now = this.fail?.at === this.writes ? this.fail.when : undefined;
    if (now === "before") return Promise.reject(new Error("killed"));
    const result = change();
    return now === "after" ? Promise.reject(new Error("killed")) : Promise.resolve(result);
  }

  tenants: Tenants = {
    company: async (id) => this.companies.find((each) => each.id === id),
    companies: async () => [...this.companies],
    createCompany: (name, planTier) =>
      this.#write(() => {
        const id = `com_${this.companies.length + 1}`;
        const made = { id, name, planTier, ipAllowlist: [], deliveryNetworks: noDeliveryNetworks };
        this.companies.push(made);
        return made;
      }),
    setIpAllowlist: (id, cidrs) => this.#write(() => this.#change(id, { ipAllowlist: cidrs })),
    setDeliveryNetworks: (id, networks) => this.#write(() => this.#change(id, { deliveryNetworks: networks })),
    workspaces: async () => [...this.workspaces],
    createWorkspace: (_company, name, region) =>
      this.#write(() => {
        const made = { id: `wsp_${this.workspaces.length + 1}`, name, region };
        this.workspaces.push(made);
        return made;
      }),
    keys: async () => [...this.keys],
    createKey: ({ name, workspaceId, permissions, operationsPerMinute }) =>
      this.#write(() => {
        const id = `key_${this.keys.length + 1}`;
        const terms = { permissions, operationsPerMinute };
        const made = { id, name, workspaceId, usable: true, everUsed: false, key: `secret of ${id}`, ...terms };
        this.keys.push(made);
        return made;
      }),
    revokeKey: (id) => this.#write(() => this.#revoke(id)),
  };

  secrets: KeySecrets = {
    read: async (name) => this.stored.get(name) ?? { name, ours: true, values: {}, keyIds: {}, version: undefined },
    write: (secret) =>
      this.#write(() => {
        const written = { ...secret, version: String(this.writes) };
        this.stored.set(secret.name, written);
        return written;
      }),
  };

  #change(id: string, fields: Partial<KnownCompany>): void {
    this.companies = this.companies.map((each) => (each.id === id ? { ...each, ...fields } : each));
  }

  #revoke(id: string): void {
    const key = this.keys.find((each) => each.id === id);
    if (key) key.usable = false;
  }

  run(changes: Partial<Wanted> = {}) {
    this.said = [];
    const ports = { tenants: this.tenants, secrets: this.secrets, say: (text: string) => this.said.push(text) };
    return bootstrap(ports, { ...wanted, ...changes });
  }

  value(secret: string, field: string): string | undefined {
    return this.stored.get(secret)?.values[field];
  }

  /** How much of everything there is, and whether what the Secrets have is what is good. */
  sum() {
    const good = this.keys.filter(({ usable }) => usable);
    const written = new Set([
      this.value("keys", "companyKey"),
      this.value("keys", "workspaceKey"),
      this.value("controller", "key"),
    ]);
    return {
      companies: this.companies.length,
      workspaces: this.workspaces.length,
      goodKeys: good.length,
      keysWritten: good.filter(({ key }) => written.has(key)).length,
      companyId: this.value("keys", "companyId") === this.companies[0]?.id,
      workspaceId: this.value("keys", "workspaceId") === this.workspaces[0]?.id,
    };
  }
}

/** What must hold after a run: one of everything, and every key that is good is written down. */
const whole = { companies: 1, workspaces: 1, goodKeys: 3, keysWritten: 3, companyId: true, workspaceId: true };

describe("bootstrap", () => {
  it("makes what an installation begins with, and nothing when it stands", async () => {
    const world = new World();
    await world.run();
    expect(world.sum()).toEqual(whole);
    expect(world.companies[0]).toMatchObject({ name: "Acme", planTier: "GROWTH", ipAllowlist: ["10.0.0.0/8"] });
    expect(world.companies[0]?.deliveryNetworks).toEqual(wanted.company.deliveryNetworks);
    const controller = world.keys.find(({ key }) => key === world.value("controller", "key"));
    expect(controller).toMatchObject({
      permissions: ["READ_ENDPOINTS", "WRITE_ENDPOINTS"],
      operationsPerMinute: 6000,
      name: "bootstrap us here/controller key",
    });
    const { writes } = world;
    await world.run();
    expect(world.writes).toBe(writes);
    expect(world.said).toEqual([]);
  });

  it("ends with one of everything wherever an earlier run was killed", async () => {
    const untouched = new World();
    await untouched.run();
    for (let at = 1; at <= untouched.writes; at++) {
      for (const when of ["before", "after"] as const) {
        const world = new World();
        world.fail = { at, when };
        await expect(world.run()).rejects.toThrow("killed");
        // And the run after that as well, at every place that it comes to.
        for (let again = 1; ; again++) {
          world.fail = { at: world.writes + again, when };
          try {
            await world.run();
            break;
          } catch (error) {
            expect((error as Error).message).toBe("killed");
          }
        }
        expect(world.sum()).toEqual(whole);
      }
    }
  });

  it("makes a lost Secret's keys anew, leaves those that were used, and says which", async () => {
    const world = new World();
    await world.run();
    const [used, unused] = [world.value("controller", "key"), world.value("keys", "companyKey")];
    for (const key of world.keys) key.everUsed = key.key === used;
    world.stored.clear();
    await world.run();
    expect(world.companies).toHaveLength(1);
    expect(world.value("controller", "key")).not.toBe(used);
    expect(world.keys.find(({ key }) => key === used)?.usable).toBe(true);
    expect(world.keys.find(({ key }) => key === unused)?.usable).toBe(false);
    expect(world.said.join("\n")).toMatch(/has been used: revoke it when nobody needs it/);
  });

  it("makes a key anew that was revoked or is not in the record", async () => {
    const world = new World();
    await world.run();
    const before = world.value("controller", "key");
    for (const key of world.keys) if (key.key === before) key.usable = false;
    await world.run();
    expect(world.value("controller", "key")).not.toBe(before);
    expect(world.sum()).toEqual(whole);
  });

  it("adds to what the operator allowed, and takes nothing away", async () => {
    const world = new World();
    await world.run();
    await world.tenants.setIpAllowlist("com_1", ["203.0.113.0/24"]);
    const own = { networks: [{ name: "vpn", cidr: "172.16.0.0/12" }], nameSuffixes: [], allowHttp: false };
    await world.tenants.setDeliveryNetworks("com_1", own);
    await world.run();
    expect(world.companies[0]?.ipAllowlist).toEqual(["203.0.113.0/24", "10.0.0.0/8"]);
    expect(world.companies[0]?.deliveryNetworks).toEqual({
      networks: [...own.networks, ...wanted.company.deliveryNetworks.networks],
      nameSuffixes: ["svc"],
      allowHttp: true,
    });
  });

  it("does not guess which company is meant, nor overwrite what is not its own", async () => {
    const world = new World();
    await world.tenants.createCompany("Acme", "FREE");
    await world.tenants.createCompany("Acme", "FREE");
    await expect(world.run()).rejects.toThrow(/2 companies are called "Acme".* com_1, com_2/);
    await world.run({ company: { ...wanted.company, id: "com_2" } });
    expect(world.value("keys", "companyId")).toBe("com_2");
    // The Secret remembers it.
    await world.run();
    await expect(world.run({ company: { ...wanted.company, id: "com_1" } })).rejects.toThrow("has the keys of com_2");
    await expect(new World().run({ company: { ...wanted.company, id: "com_9" } })).rejects.toThrow("no such company");

    const foreign = new World();
    foreign.stored.set("keys", { name: "keys", ours: false, values: {}, keyIds: {}, version: "1" });
    await expect(foreign.run()).rejects.toThrow("Secret keys was not made by bootstrap");
    expect(foreign.companies).toEqual([]);
  });

  it("overwrites the keys of another database only when it is told to", async () => {
    const world = new World();
    await world.run();
    world.companies = [];
    world.workspaces = [];
    world.keys = [];
    await expect(world.run()).rejects.toThrow(/another database .* BOOTSTRAP_REPLACE_SECRETS=true/);
    expect(world.companies).toEqual([]);
    await world.run({ replace: true });
    expect(world.sum()).toEqual(whole);
  });
});
