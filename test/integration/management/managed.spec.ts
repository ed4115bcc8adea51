import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ManagedBy } from "../../../internal/domain/entities.ts";
import { formatId } from "../../../internal/domain/ids.ts";
import { addEndpoint, addTenant, type Management, startManagement, type TestTenant } from "./fixture.ts";

let management: Management;
let tenant: TestTenant;
beforeAll(async () => {
  management = await startManagement();
  tenant = await addTenant(management);
});
afterAll(() => management[Symbol.asyncDispose]());

/** A resource in a cluster. */
function resource(name = "orders"): ManagedBy {
  return { cluster: "a-cluster", namespace: "shop", name, uid: randomUUID() };
}

function create(managedBy: ManagedBy | undefined, of = tenant, disabled = false) {
  return management.endpoints.create(of.company, {
    workspaceId: of.workspaceId,
    projectId: "",
    url: "https://example.com/hooks",
    events: ["*"],
    description: "",
    maxInFlight: 0,
    secret: "",
    disabled,
    managedBy,
  });
}

const description = (webhookId: string, text: string) => ({
  webhookId,
  updateMask: ["description"],
  url: undefined,
  events: [],
  description: text,
  maxInFlight: undefined,
  etag: "",
});

describe("an endpoint that a resource manages", () => {
  it("says which one, and is found by its UID within its company", async () => {
    const managedBy = resource();
    const { endpoint } = await create(managedBy);
    expect(endpoint.managedBy).toEqual(managedBy);
    expect(await management.endpoints.getManaged(tenant.company, managedBy.uid)).toEqual(endpoint);
    const { company } = await addTenant(management);
    await expect(management.endpoints.getManaged(company, managedBy.uid)).rejects.toMatchObject({
      status: "NOT_FOUND",
    });
  });

  it("is made once, also when it is asked for often at once or in another workspace", async () => {
    const managedBy = resource();
    // Those who come while the first is written share a transaction.
    const others = Array.from({ length: 5 }, () => create(resource()));
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => create(managedBy)));
    const made = all.flatMap((each) => (each.status === "fulfilled" ? [each.value.endpoint] : []));
    expect(made).toHaveLength(1);
    expect(new Set((await Promise.all(others)).map(({ endpoint }) => endpoint.managedBy?.uid)).size).toBe(5);
    const again = {
      status: "ALREADY_EXISTS",
      reason: "ALREADY_MANAGED",
      details: { resource: { type: "webhook", name: formatId("endpoint", made[0]?.id ?? "") } },
    };
    for (const refused of all.filter(({ status }) => status === "rejected")) {
      expect(refused).toMatchObject({ reason: again });
    }
    const { id } = await management.tenants.createWorkspace(
      { kind: "admin", origin: tenant.company.origin },
      { companyId: tenant.companyId, name: "Another", region: "eu" },
    );
    const elsewhere = { ...tenant, workspaceId: formatId("workspace", id) };
    await expect(create(managedBy, elsewhere)).rejects.toMatchObject(again);
  });

  it("can be made again after it was deleted", async () => {
    const managedBy = resource();
    const { endpoint } = await create(managedBy);
    const webhookId = formatId("endpoint", endpoint.id);
    await management.endpoints.delete(tenant.company, webhookId, { managerUid: managedBy.uid, force: false });
    expect((await create(managedBy)).endpoint.id).not.toBe(endpoint.id);
  });

  it("is changed by that resource, by nobody else unless it is forced", async () => {
    const managedBy = resource();
    const { endpoint } = await create(managedBy);
    const id = formatId("endpoint", endpoint.id);
    const { endpoints } = management;
    const { company } = tenant;
    const refused = {
      status: "FAILED_PRECONDITION",
      reason: "MANAGED",
      message: expect.stringContaining("WebhookEndpoint shop/orders in cluster a-cluster"),
    };
    for (const as of [undefined, { managerUid: randomUUID(), force: false }]) {
      await expect(endpoints.update(company, description(id, "x"), as)).rejects.toMatchObject(refused);
      await expect(endpoints.disable(company, id, as)).rejects.toMatchObject(refused);
      await expect(endpoints.enable(company, id, as)).rejects.toMatchObject(refused);
      await expect(endpoints.release(company, id, as)).rejects.toMatchObject(refused);
      await expect(endpoints.delete(company, id, as)).rejects.toMatchObject(refused);
    }
    expect(await endpoints.get(company, id)).toEqual(endpoint);

    const own = { managerUid: managedBy.uid, force: false };
    expect(await endpoints.update(company, description(id, "its own"), own)).toMatchObject({ description: "its own" });
    const forced = { managerUid: "", force: true };
    expect(await endpoints.disable(company, id, forced)).toMatchObject({ status: "DISABLED", managedBy });
    expect(await endpoints.enable(company, id, own)).toMatchObject({ status: "ACTIVE" });
    await endpoints.delete(company, id, forced);
  });

  it("is released, and then anybody's", async () => {
    const managedBy = resource();
    const { endpoint } = await create(managedBy);
    const id = formatId("endpoint", endpoint.id);
    const own = { managerUid: managedBy.uid, force: false };
    expect(await management.endpoints.release(tenant.company, id, own)).toMatchObject({ managedBy: null });
    expect(await management.endpoints.disable(tenant.company, id)).toMatchObject({ status: "DISABLED" });
  });

  it("may start disabled", async () => {
    const { endpoint } = await create(resource(), tenant, true);
    expect(endpoint).toMatchObject({ status: "DISABLED", disabledReason: "BY_REQUEST" });
  });
});

describe("adopting an endpoint", () => {
  it("takes one that nobody manages, and is the same done twice", async () => {
    const { webhookId } = await addEndpoint(management, tenant);
    const managedBy = resource();
    const adopted = await management.endpoints.adopt(tenant.company, webhookId, managedBy);
    expect(adopted.managedBy).toEqual(managedBy);
    expect(await management.endpoints.adopt(tenant.company, webhookId, managedBy)).toEqual(adopted);
  });

  it("takes none from another resource", async () => {
    const { endpoint } = await create(resource("theirs"));
    const id = formatId("endpoint", endpoint.id);
    await expect(management.endpoints.adopt(tenant.company, id, resource("mine"))).rejects.toMatchObject({
      status: "FAILED_PRECONDITION",
      reason: "MANAGED",
      message: expect.stringContaining("shop/theirs"),
    });
  });

  it("takes none for a resource that has one", async () => {
    const managedBy = resource();
    const { endpoint } = await create(managedBy);
    const { webhookId } = await addEndpoint(management, tenant);
    await expect(management.endpoints.adopt(tenant.company, webhookId, managedBy)).rejects.toMatchObject({
      reason: "ALREADY_MANAGED",
      details: { resource: { name: formatId("endpoint", endpoint.id) } },
    });
  });

  it("finds no other company's endpoint", async () => {
    const { webhookId } = await addEndpoint(management, tenant);
    const other = await addTenant(management);
    await expect(management.endpoints.adopt(other.company, webhookId, resource())).rejects.toMatchObject({
      status: "NOT_FOUND",
    });
  });
});
