import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Caller } from "../../../internal/domain/caller.ts";
import { formatId, parseId } from "../../../internal/domain/ids.ts";
import { addEndpoint, addTenant, admin, type Management, startManagement, type TestTenant } from "./fixture.ts";
import { addJobs } from "./jobs.ts";

let management: Management;
let tenant: TestTenant;
beforeAll(async () => {
  management = await startManagement();
  tenant = await addTenant(management);
});
afterAll(() => management[Symbol.asyncDispose]());

const origin = { address: "192.0.2.7", requestId: "f81d4fae", method: "sealpost.v1.A/B" };
const caller = (): Caller => ({ ...tenant.company, origin });

interface Row {
  id: string;
  [column: string]: unknown;
}

/** The entries of the tenant's company so far, the oldest first. */
function entries(): Promise<Row[]> {
  return management.record.query<Row>("select * from audit_log where company_id = $1 order by id", [
    parseId("company", tenant.companyId),
  ]);
}

/** The one entry that `work` adds. */
async function entryOf(work: () => Promise<unknown>): Promise<Row> {
  const before = await entries();
  await work();
  const added = (await entries()).slice(before.length);
  expect(added).toHaveLength(1);
  return added[0] as Row;
}

const update = { updateMask: [], url: undefined, events: [], description: undefined, maxInFlight: undefined, etag: "" };

describe("a management operation", () => {
  it("is recorded with who did it, from where, to what, and when", async () => {
    const { id, webhookId } = await addEndpoint(management, tenant);
    const from = Date.now();
    const row = await entryOf(() => management.endpoints.disable(caller(), webhookId));
    const { keyId, companyId } = tenant.company as Extract<Caller, { kind: "company" }>;
    expect(row).toMatchObject({
      company_id: companyId,
      workspace_id: parseId("workspace", tenant.workspaceId),
      actor_kind: "company",
      key_id: keyId,
      address: "192.0.2.7",
      request_id: "f81d4fae",
      method: "sealpost.v1.A/B",
      resource_kind: "endpoint",
      resource_id: id,
      changes: [
        { field: "status", before: "ACTIVE", after: "DISABLED" },
        { field: "disabled_reason", after: "BY_REQUEST" },
      ],
      status: "OK",
      reason: "",
    });
    expect((row["created_at"] as Date).getTime()).toBeGreaterThanOrEqual(from);
  });

  it("that changes nothing is recorded without changes", async () => {
    const { webhookId } = await addEndpoint(management, tenant);
    expect(await entryOf(() => management.endpoints.enable(caller(), webhookId))).toMatchObject({
      changes: [],
      status: "OK",
    });
  });

  it("on an endpoint says what each field was and is; its secret is said to be set, and never what it is", async () => {
    let webhookId = "";
    let secret = "";
    const created = await entryOf(async () => {
      const made = await management.endpoints.create(caller(), {
        workspaceId: tenant.workspaceId,
        projectId: tenant.projectId,
        url: "https://example.com/a",
        events: ["invoice.paid"],
        description: "",
        maxInFlight: 0,
        secret: "",
      });
      webhookId = formatId("endpoint", made.endpoint.id);
      secret = made.secret;
    });
    expect(created["changes"]).toEqual([
      { field: "url", after: "https://example.com/a" },
      { field: "events", after: ["invoice.paid"] },
      { field: "max_in_flight", after: 64 },
      { field: "status", after: "ACTIVE" },
      { field: "project_id", after: tenant.projectId },
      { field: "secret", hidden: true },
    ]);
    const updated = await entryOf(() =>
      management.endpoints.update(caller(), { ...update, webhookId, url: "https://example.com/b", events: ["*"] }),
    );
    expect(updated["changes"]).toEqual([
      { field: "url", before: "https://example.com/a", after: "https://example.com/b" },
      { field: "events", before: ["invoice.paid"], after: ["*"] },
    ]);
    const deleted = await entryOf(() => management.endpoints.delete(caller(), webhookId));
    expect(deleted["changes"]).toContainEqual({ field: "url", before: "https://example.com/b" });
    expect(JSON.stringify(await entries())).not.toContain(secret.slice("whsec_".length));
  });

  it("of the operator is in the log of the company it is about, that company's creation first", async () => {
    const { tenants } = management;
    const { companyId, workspaceId } = tenant;
    const [made, workspace, project] = await entries();
    expect(made).toMatchObject({
      actor_kind: "admin",
      key_id: null,
      workspace_id: null,
      resource_kind: "company",
      changes: [
        { field: "name", after: "A company" },
        { field: "plan_tier", after: "GROWTH" },
      ],
    });
    expect(workspace).toMatchObject({ resource_kind: "workspace", resource_id: parseId("workspace", workspaceId) });
    expect(project).toMatchObject({ resource_kind: "project", changes: [{ field: "name", after: "A project" }] });

    expect(await entryOf(() => tenants.setPlanTier(admin, { companyId, planTier: "ENTERPRISE" }))).toMatchObject({
      changes: [{ field: "plan_tier", before: "GROWTH", after: "ENTERPRISE" }],
    });
    const networks = [{ name: "services", cidr: "10.96.0.0/12" }];
    const allowed = { companyId, networks, nameSuffixes: ["svc.cluster.local"], allowHttp: true };
    expect(await entryOf(() => tenants.setDeliveryNetworks(admin, allowed))).toMatchObject({
      resource_kind: "company",
      changes: [
        { field: "networks", after: ["services (10.96.0.0/12)"] },
        { field: "name_suffixes", after: ["svc.cluster.local"] },
        { field: "allow_http", before: false, after: true },
      ],
    });
    let keyId = "";
    let key = "";
    const keyMade = await entryOf(async () => {
      const answer = await tenants.createApiKey(admin, { companyId, workspaceId, name: "CI", expiresAt: null });
      keyId = formatId("apiKey", answer.apiKey.id);
      key = answer.key;
    });
    expect(keyMade).toMatchObject({
      workspace_id: parseId("workspace", workspaceId),
      resource_kind: "apiKey",
      changes: [
        { field: "name", after: "CI" },
        { field: "key", hidden: true },
      ],
    });
    expect(await entryOf(() => tenants.revokeApiKey(admin, keyId))).toMatchObject({
      changes: [{ field: "revoke_time", after: expect.any(String) }],
    });
    expect(await entryOf(() => tenants.revokeApiKey(admin, keyId))).toMatchObject({ changes: [], status: "OK" });
    expect(JSON.stringify(await entries())).not.toContain(key);
  });

  it("on a delivery is recorded with the status it had", async () => {
    const { id } = await addEndpoint(management, tenant);
    const [job] = await addJobs(management.record, id, ["FAILED"]);
    const deliveryId = formatId("delivery", job?.id ?? "");
    expect(await entryOf(() => management.history.retryDelivery(caller(), deliveryId))).toMatchObject({
      resource_kind: "delivery",
      resource_id: job?.id,
      changes: [{ field: "status", before: "FAILED", after: "PENDING" }],
    });
  });
});
