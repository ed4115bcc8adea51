import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { formatId, newUuid } from "../../../internal/domain/ids.ts";
import { noDeliveryNetworks } from "../../../internal/network/allowance.ts";
import { seed } from "../../../internal/tenancy/seed.ts";
import { addTenant, admin, type Management, startManagement, type TestTenant } from "./fixture.ts";

let management: Management;
let tenant: TestTenant;
beforeAll(async () => {
  management = await startManagement();
  tenant = await addTenant(management);
});
afterAll(() => management[Symbol.asyncDispose]());

const firstPage = { pageSize: 0, pageToken: "" };

describe("tenants", () => {
  it("are for the operator alone", async () => {
    const { tenants } = management;
    const { companyId, workspaceId } = tenant;
    for (const caller of [tenant.company, tenant.workspace]) {
      const calls = [
        tenants.createCompany(caller, { name: "x", planTier: "ENTERPRISE" }),
        tenants.getCompany(caller, companyId),
        tenants.listCompanies(caller, firstPage),
        tenants.setPlanTier(caller, { companyId, planTier: "ENTERPRISE" }),
        tenants.setDeliveryNetworks(caller, { companyId, ...noDeliveryNetworks }),
        tenants.setIpAllowlist(caller, { companyId, cidrs: ["0.0.0.0/0"] }),
        tenants.createWorkspace(caller, { companyId, name: "x", region: "us" }),
        tenants.listWorkspaces(caller, { ...firstPage, companyId }),
        tenants.createProject(caller, { workspaceId, name: "x" }),
        tenants.listProjects(caller, { ...firstPage, workspaceId }),
        tenants.createApiKey(caller, { companyId, workspaceId: "", name: "x", expiresAt: null }),
        tenants.listApiKeys(caller, { ...firstPage, companyId }),
        tenants.revokeApiKey(caller, formatId("apiKey", newUuid())),
      ];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ reason: { status: "PERMISSION_DENIED", reason: "WRONG_KEY_KIND" } });
      }
    }
  });

  it("answers NOT_FOUND for ids that are absent, unreadable or of another kind", async () => {
    const { tenants } = management;
    for (const id of [formatId("company", newUuid()), "com_", "", tenant.workspaceId, "x".repeat(100_000)]) {
      const calls = [
        tenants.getCompany(admin, id),
        tenants.setPlanTier(admin, { companyId: id, planTier: "FREE" }),
        tenants.setDeliveryNetworks(admin, { companyId: id, ...noDeliveryNetworks }),
        tenants.setIpAllowlist(admin, { companyId: id, cidrs: [] }),
        tenants.createWorkspace(admin, { companyId: id, name: "x", region: "us" }),
        tenants.listWorkspaces(admin, { ...firstPage, companyId: id }),
        tenants.listApiKeys(admin, { ...firstPage, companyId: id }),
        tenants.createApiKey(admin, { companyId: id, workspaceId: "", name: "", expiresAt: null }),
        tenants.revokeApiKey(admin, id),
      ];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ reason: { status: "NOT_FOUND" } });
        expect(String((result as PromiseRejectedResult).reason).length).toBeLessThan(250);
      }
    }
  });

  it("trims names and refuses what cannot be shown", async () => {
    const { tenants } = management;
    const { name } = await tenants.createCompany(admin, { name: "  Acme GmbH & Söhne 🚀 ", planTier: "FREE" });
    expect(name).toBe("Acme GmbH & Söhne 🚀");
    for (const bad of ["", "   ", "a\u0000b", "a\nb", "\u202egnirts", "x".repeat(201)]) {
      await expect(tenants.createCompany(admin, { name: bad, planTier: "FREE" })).rejects.toMatchObject({
        status: "INVALID_ARGUMENT",
        details: { fieldViolations: [{ field: "name" }] },
      });
    }
  });

  it("puts workspaces into regions that exist", async () => {
    const input = { companyId: tenant.companyId, name: "x", region: "mars" };
    await expect(management.tenants.createWorkspace(admin, input)).rejects.toThrow("region: must be one of us, eu");
  });

  it("moves a company to another plan", async () => {
    const { companyId } = await addTenant(management, "FREE");
    await management.tenants.setPlanTier(admin, { companyId, planTier: "ENTERPRISE" });
    expect(await management.tenants.getCompany(admin, companyId)).toMatchObject({ planTier: "ENTERPRISE" });
  });

  it("lists newest first, page by page, each company's own", async () => {
    const { tenants } = management;
    const { companyId } = await addTenant(management);
    await addTenant(management);
    for (const name of ["b", "c", "d"]) await tenants.createWorkspace(admin, { companyId, name, region: "eu" });
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await tenants.listWorkspaces(admin, { companyId, pageSize: 3, pageToken });
      seen.push(...page.items.map(({ id }) => id));
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(seen).toHaveLength(4);
    expect(seen).toEqual(seen.toSorted().toReversed());
  });
});

describe("the seed", () => {
  it("makes a company once, and moves its plan", async () => {
    await using own = await startManagement();
    const first = await seed(own.tenants, { planTier: "GROWTH", region: "us" });
    expect(first.company).toMatchObject({ name: "Acme", planTier: "GROWTH" });
    expect(first.workspace.region).toBe("us");
    expect(first.companyKey.key).toMatch(/^spc_live_/);
    expect(first.workspaceKey.key).toMatch(/^spw_live_/);
    expect(first.changes).toHaveLength(6);

    const again = await seed(own.tenants, { planTier: "GROWTH", region: "us" });
    expect(again.changes).toEqual([]);
    expect(again.companyKey.key).toBeUndefined();
    expect(again).toMatchObject({
      company: { id: first.company.id },
      workspace: { id: first.workspace.id },
      project: { id: first.project.id },
      companyKey: { apiKey: { id: first.companyKey.apiKey.id } },
      workspaceKey: { apiKey: { id: first.workspaceKey.apiKey.id } },
    });

    const free = await seed(own.tenants, { planTier: "FREE", region: "us" });
    expect(free.changes).toEqual(["plan moved from GROWTH to FREE"]);
  });

  it("is in the audit log of the company that it makes, and adds nothing where nothing is to do", async () => {
    await using own = await startManagement();
    const { company } = await seed(own.tenants, { planTier: "GROWTH", region: "us" });
    const entries = () =>
      own.record.query("select distinct company_id, actor_kind, address, method, status from audit_log");
    const count = () => own.record.query<{ count: number }>("select count(*)::int as count from audit_log");
    expect(await entries()).toEqual([
      { company_id: company.id, actor_kind: "admin", address: "", method: "seed", status: "OK" },
    ]);
    const made = await count();
    expect(made[0]?.count).toBeGreaterThanOrEqual(5);
    await seed(own.tenants, { planTier: "GROWTH", region: "us" });
    expect(await count()).toEqual(made);
  });

  it("makes lost keys again and revokes the old ones", async () => {
    await using own = await startManagement();
    const first = await seed(own.tenants, { planTier: "GROWTH", region: "us" });
    const renewed = await seed(own.tenants, { planTier: "GROWTH", region: "us", renewKeys: true });
    const authenticator = own.newAuthenticator();
    await expect(authenticator.authenticate(first.companyKey.key)).rejects.toMatchObject({ reason: "KEY_REVOKED" });
    await expect(authenticator.authenticate(first.workspaceKey.key)).rejects.toMatchObject({ reason: "KEY_REVOKED" });
    expect(await authenticator.authenticate(renewed.workspaceKey.key)).toMatchObject({
      holder: { workspaceId: first.workspace.id },
    });
  });
});
