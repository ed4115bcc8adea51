import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { formatId } from "../../../internal/domain/ids.ts";
import { addEndpoint, addTenant, admin, type Management, startManagement, type TestTenant } from "./fixture.ts";
import { addJobs } from "./jobs.ts";

let management: Management;
let tenant: TestTenant;
let webhookId: string;
let deliveryId: string;
let keyId: string;
beforeAll(async () => {
  management = await startManagement();
  tenant = await addTenant(management);
  const { companyId } = tenant;
  const endpoint = await addEndpoint(management, tenant);
  webhookId = endpoint.webhookId;
  const [job] = await addJobs(management.record, endpoint.id, ["FAILED"]);
  deliveryId = formatId("delivery", job?.id ?? "");
  const { apiKey } = await management.tenants.createApiKey(admin, {
    companyId,
    workspaceId: "",
    name: "",
    expiresAt: null,
  });
  keyId = formatId("apiKey", apiKey.id);
  // From here on the log takes nothing more, as when its disk is full.
  await management.record.query("alter table audit_log add constraint full_up check (false) not valid");
});
afterAll(() => management[Symbol.asyncDispose]());

const tables = [
  "companies",
  "workspaces",
  "projects",
  "api_keys",
  "webhook_endpoints",
  "webhook_jobs",
  "audit_log",
] as const;

async function everything(): Promise<unknown[]> {
  return Promise.all(tables.map((table) => management.record.query(`select * from ${table} order by id`)));
}

const endpointFields = { url: "https://example.com", events: ["*"], description: "", maxInFlight: 0, secret: "" };
const update = { updateMask: [], url: undefined, events: [], description: "x", maxInFlight: undefined, etag: "" };

const networks = { networks: [{ name: "pods", cidr: "10.0.0.0/8" }], nameSuffixes: [], allowHttp: true };

/** Every operation that changes something. */
const operations: Record<string, () => Promise<unknown>> = {
  createCompany: () => management.tenants.createCompany(admin, { name: "x", planTier: "FREE" }),
  setPlanTier: () => management.tenants.setPlanTier(admin, { companyId: tenant.companyId, planTier: "FREE" }),
  setDeliveryNetworks: () =>
    management.tenants.setDeliveryNetworks(admin, { companyId: tenant.companyId, ...networks }),
  createWorkspace: () =>
    management.tenants.createWorkspace(admin, { companyId: tenant.companyId, name: "x", region: "us" }),
  createProject: () => management.tenants.createProject(admin, { workspaceId: tenant.workspaceId, name: "x" }),
  createApiKey: () =>
    management.tenants.createApiKey(admin, {
      companyId: tenant.companyId,
      workspaceId: "",
      name: "x",
      expiresAt: null,
    }),
  revokeApiKey: () => management.tenants.revokeApiKey(admin, keyId),
  createEndpoint: () =>
    management.endpoints.create(tenant.company, {
      ...endpointFields,
      workspaceId: tenant.workspaceId,
      projectId: "",
    }),
  updateEndpoint: () => management.endpoints.update(tenant.company, { ...update, webhookId }),
  disableEndpoint: () => management.endpoints.disable(tenant.company, webhookId),
  enableEndpoint: () => management.endpoints.enable(tenant.company, webhookId),
  deleteEndpoint: () => management.endpoints.delete(tenant.company, webhookId),
  retryDelivery: () => management.history.retryDelivery(tenant.company, deliveryId),
};

describe.each(Object.entries(operations))("%s", (_name, operation) => {
  it("changes nothing when its audit entry cannot be kept", async () => {
    const before = await everything();
    await expect(operation()).rejects.toThrow(/audit_log|full_up/);
    expect(await everything()).toEqual(before);
  });
});
