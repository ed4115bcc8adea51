import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { formatId, newUuid } from "../../../internal/domain/ids.ts";
import { newKey } from "../../../internal/tenancy/key-format.ts";
import { until } from "../../harness/wait.ts";
import { listen } from "./changes.ts";
import { addTenant, admin, type Management, origin, startManagement, type TestTenant } from "./fixture.ts";

let management: Management;
let tenant: TestTenant;
beforeAll(async () => {
  management = await startManagement();
  tenant = await addTenant(management);
});
afterAll(() => management[Symbol.asyncDispose]());

function createKey(more: { workspaceId?: string; expiresAt?: Date } = {}) {
  const { workspaceId = "", expiresAt = null } = more;
  return management.tenants.createApiKey(admin, { companyId: tenant.companyId, workspaceId, name: "ci", expiresAt });
}

describe("API keys", () => {
  it("tell who holds them, and nothing of them is kept but a hash", async () => {
    const authenticator = management.newAuthenticator();
    const company = await createKey();
    const workspace = await createKey({ workspaceId: tenant.workspaceId });
    const keyIds = [company.apiKey.id, workspace.apiKey.id];
    const holders = [];
    for (const key of [company.key, workspace.key, "the operator's"]) {
      holders.push({ ...(await authenticator.authenticate(key)).holder, origin });
    }
    expect(holders).toEqual([
      { ...tenant.company, keyId: keyIds[0] },
      { ...tenant.workspace, keyId: keyIds[1] },
      admin,
    ]);
    const [row] = await management.record.query("select * from api_keys where id = $1", [company.apiKey.id]);
    expect(row?.hash).toHaveLength(32);
    expect(JSON.stringify(row)).not.toContain(company.key.slice(9, 20));
  });

  it("are refused when nobody has them", async () => {
    const authenticator = management.newAuthenticator();
    await expect(authenticator.authenticate(newKey("company"))).rejects.toMatchObject({
      status: "UNAUTHENTICATED",
      reason: "KEY_UNKNOWN",
    });
  });

  it("are refused everywhere once they are revoked: at once with the notice, within 5 seconds without", async () => {
    let laterMs = 0;
    const told = management.newAuthenticator();
    const untold = management.newAuthenticator(() => Date.now() + laterMs);
    await using changes = await listen(management.url);
    const { key, apiKey } = await createKey();
    for (const authenticator of [told, untold]) await authenticator.authenticate(key);
    const revoked = await management.tenants.revokeApiKey(admin, formatId("apiKey", apiKey.id));
    await until(() => changes.seen.includes(`apikey:${apiKey.id}`), { what: "the notice" });
    told.forget(apiKey.id);
    const refused = { reason: "KEY_REVOKED", message: expect.stringContaining("use another key") };
    await expect(told.authenticate(key)).rejects.toMatchObject(refused);
    laterMs = 5_000;
    await expect(untold.authenticate(key)).rejects.toMatchObject(refused);
    const again = await management.tenants.revokeApiKey(admin, formatId("apiKey", apiKey.id));
    expect(again.revokedAt).toEqual(revoked.revokedAt);
  });

  it("are refused once they have expired", async () => {
    const { key, apiKey } = await createKey({ expiresAt: new Date(Date.now() + 3_600_000) });
    const authenticator = management.newAuthenticator();
    await authenticator.authenticate(key);
    await management.record.query("update api_keys set expires_at = now() - interval '1 second' where id = $1", [
      apiKey.id,
    ]);
    authenticator.forgetAll();
    await expect(authenticator.authenticate(key)).rejects.toMatchObject({ reason: "KEY_EXPIRED" });
    await expect(createKey({ expiresAt: new Date(Date.now() - 1) })).rejects.toThrow(
      "expire_time: must be in the future",
    );
  });

  it("show when they were last used", async () => {
    const { key, apiKey } = await createKey();
    expect(apiKey.lastUsedAt).toBeNull();
    const before = Date.now();
    await management.newAuthenticator().authenticate(key);
    const after = Date.now();
    const lastUse = async () => {
      const page = { pageSize: 100, pageToken: "", companyId: tenant.companyId };
      return (await management.tenants.listApiKeys(admin, page)).items.find(({ id }) => id === apiKey.id)?.lastUsedAt;
    };
    const first = await until(lastUse, { what: "the last use to be written" });
    expect(first.getTime()).toBeGreaterThanOrEqual(before);
    expect(first.getTime()).toBeLessThanOrEqual(after);
    expect(management.errors).toEqual([]);
  });

  it("belong to one company: its workspaces, no others", async () => {
    const other = await addTenant(management);
    await expect(createKey({ workspaceId: other.workspaceId })).rejects.toMatchObject({ status: "NOT_FOUND" });
    await expect(createKey({ workspaceId: formatId("workspace", newUuid()) })).rejects.toMatchObject({
      status: "NOT_FOUND",
    });
  });
});
