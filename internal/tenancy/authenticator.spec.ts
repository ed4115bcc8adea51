import { describe, expect, it } from "@jest/globals";
import type { ApiKey } from "../domain/entities.ts";
import { newUuid } from "../domain/ids.ts";
import { formatCidr } from "../network/cidr.ts";
import { KeyAuthenticator } from "./authenticator.ts";
import { newKey } from "./key-format.ts";
import { KeyHash } from "./key-hash.ts";

const hash = new KeyHash("pepper");

/** Keys in memory, and a clock that the test turns. */
function setup(adminKey?: string) {
  const keys = new Map<string, ApiKey>();
  const clock = { now: Date.now() };
  const log = { reads: 0, touches: [] as Date[] };
  const authenticator = new KeyAuthenticator({
    record: {
      findByHash: async (of) => {
        log.reads++;
        const found = keys.get(of.toString("hex"));
        return found && { apiKey: { ...found }, ipAllowlist: ["192.0.2.0/24"] };
      },
      touch: async (_id, usedAt) => void log.touches.push(usedAt),
    },
    hash,
    adminKey,
    limits: { CHANGE: 10, READ: 600 },
    onError: (_message, error) => {
      throw error;
    },
    now: () => clock.now,
  });
  const add = (more: Partial<ApiKey> = {}) => {
    const key = newKey(more.workspaceId ? "workspace" : "company");
    const apiKey: ApiKey = {
      id: newUuid(),
      companyId: newUuid(),
      workspaceId: null,
      name: "",
      permissions: null,
      operationsPerMinute: null,
      readsPerMinute: null,
      createdAt: new Date(clock.now),
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
      ...more,
    };
    keys.set(hash.of(key).toString("hex"), apiKey);
    return { key, apiKey };
  };
  return { authenticator, add, clock, log };
}

describe("KeyAuthenticator", () => {
  it("answers from memory for 5 seconds, then reads again", async () => {
    const { authenticator, add, clock, log } = setup();
    const { key, apiKey } = add();
    const holder = { kind: "company", keyId: apiKey.id, companyId: apiKey.companyId };
    const both = await Promise.all([authenticator.authenticate(key), authenticator.authenticate(key)]);
    expect(both).toMatchObject([{ holder }, { holder }]);
    clock.now += 4999;
    await authenticator.authenticate(key);
    expect(log.reads).toBe(1);
    clock.now += 1;
    await authenticator.authenticate(key);
    expect(log.reads).toBe(2);
  });

  it("refuses a revoked key at once when it is told, after 5 seconds when it is not", async () => {
    const { authenticator, add, clock } = setup();
    const told = add({ workspaceId: newUuid() });
    const untold = add();
    for (const { key } of [told, untold]) await authenticator.authenticate(key);
    for (const { apiKey } of [told, untold]) apiKey.revokedAt = new Date(clock.now);
    authenticator.forget(told.apiKey.id);
    await expect(authenticator.authenticate(told.key)).rejects.toMatchObject({ reason: "KEY_REVOKED" });
    clock.now += 5000;
    await expect(authenticator.authenticate(untold.key)).rejects.toMatchObject({ reason: "KEY_REVOKED" });
  });

  it("tells a key's terms: its own where it has any, else those of the installation and the company", async () => {
    const { authenticator, add } = setup();
    const plain = (await authenticator.authenticate(add().key)).terms;
    expect(plain).toMatchObject({ permissions: undefined, limits: { CHANGE: 10, READ: 600 } });
    expect(plain?.allowlist.cidrs.map(formatCidr)).toEqual(["192.0.2.0/24"]);
    const own = add({ permissions: ["READ_ENDPOINTS"], operationsPerMinute: 500, readsPerMinute: 5 });
    expect((await authenticator.authenticate(own.key)).terms).toMatchObject({
      permissions: new Set(["READ_ENDPOINTS"]),
      limits: { CHANGE: 500, READ: 5 },
    });
  });

  it("reads a company's keys again when it is told that the company changed, and nobody else's", async () => {
    const { authenticator, add, log } = setup();
    const [one, sibling, other] = [add(), add(), add()];
    sibling.apiKey.companyId = one.apiKey.companyId;
    const all = async () => {
      for (const { key } of [one, sibling, other]) await authenticator.authenticate(key);
    };
    await all();
    authenticator.forgetCompany(one.apiKey.companyId);
    await all();
    expect(log.reads).toBe(5);
  });

  it("keeps nothing of a read that a change notice overtook", async () => {
    const { authenticator, add } = setup();
    const { key, apiKey } = add();
    const before = authenticator.authenticate(key);
    apiKey.revokedAt = new Date();
    authenticator.forget(apiKey.id);
    await before;
    await expect(authenticator.authenticate(key)).rejects.toMatchObject({ reason: "KEY_REVOKED" });
  });

  it("refuses a key from the moment it expires", async () => {
    const { authenticator, add, clock } = setup();
    const { key } = add({ expiresAt: new Date(clock.now + 1000) });
    await authenticator.authenticate(key);
    clock.now += 1000;
    await expect(authenticator.authenticate(key)).rejects.toMatchObject({
      status: "UNAUTHENTICATED",
      reason: "KEY_EXPIRED",
      message: expect.stringContaining("use another key"),
    });
  });

  it("asks the record once a second for a key that is unknown, never for one that is malformed", async () => {
    const { authenticator, clock, log } = setup();
    const unknown = newKey("company");
    for (let i = 0; i < 10; i++) {
      await expect(authenticator.authenticate(unknown)).rejects.toMatchObject({ reason: "KEY_UNKNOWN" });
    }
    expect(log.reads).toBe(1);
    clock.now += 1000;
    await expect(authenticator.authenticate(unknown)).rejects.toMatchObject({ reason: "KEY_UNKNOWN" });
    expect(log.reads).toBe(2);
    await expect(authenticator.authenticate(unknown.slice(0, -1))).rejects.toMatchObject({ reason: "KEY_MALFORMED" });
    await expect(authenticator.authenticate("something")).rejects.toMatchObject({ reason: "KEY_UNKNOWN" });
    await expect(authenticator.authenticate("")).rejects.toMatchObject({ reason: "KEY_MISSING" });
    await expect(authenticator.authenticate(undefined)).rejects.toMatchObject({ reason: "KEY_MISSING" });
    expect(log.reads).toBe(2);
  });

  it("writes the last use once a minute", async () => {
    const { authenticator, add, clock, log } = setup();
    const { key } = add();
    for (let i = 0; i < 5; i++) await authenticator.authenticate(key);
    expect(log.touches).toHaveLength(1);
    clock.now += 4000;
    await authenticator.authenticate(key);
    expect(log.touches).toHaveLength(1);
    clock.now += 60_000;
    await authenticator.authenticate(key);
    expect(log.touches).toHaveLength(2);
  });

  it("knows the operator by the admin key, and nobody where there is none", async () => {
    expect(await setup("the operator's").authenticator.authenticate("the operator's")).toEqual({
      holder: { kind: "admin" },
    });
    const refused = { reason: "KEY_UNKNOWN" };
    await expect(setup("the operator's").authenticator.authenticate("the operator'S")).rejects.toMatchObject(refused);
    await expect(setup(undefined).authenticator.authenticate("undefined")).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining("SEALPOST_ADMIN_KEY is not set"),
    });
    await expect(setup("").authenticator.authenticate("")).rejects.toMatchObject({ reason: "KEY_MISSING" });
  });

  it("does not start with an admin key that looks like another kind", () => {
    expect(() => setup(newKey("company"))).toThrow("choose another one");
  });
});
