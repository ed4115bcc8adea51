import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { formatId } from "../../../internal/domain/ids.ts";
import type { EndpointService } from "../../../internal/endpoints/service.ts";
import { type DeliveryNetworks, noDeliveryNetworks } from "../../../internal/network/allowance.ts";
import { OutgoingRules } from "../../../internal/network/outgoing-rules.ts";
import { addTenant, admin, type Management, startManagement, type TestTenant } from "./fixture.ts";

let management: Management;
let tenant: TestTenant;
let other: TestTenant;

beforeAll(async () => {
  management = await startManagement({ outgoing: new OutgoingRules({ development: false, deny: [] }) });
});
afterAll(() => management[Symbol.asyncDispose]());
beforeEach(async () => {
  [tenant, other] = [await addTenant(management), await addTenant(management)];
});

const cluster: DeliveryNetworks = {
  networks: [{ name: "services", cidr: "10.96.0.0/12" }],
  nameSuffixes: ["svc.cluster.local"],
  allowHttp: true,
};
const set = (networks: DeliveryNetworks, { companyId } = tenant) =>
  management.tenants.setDeliveryNetworks(admin, { companyId, ...networks });

function create(url: string, { company, workspaceId } = tenant): ReturnType<EndpointService["create"]> {
  const fields = { events: ["*"], description: "", maxInFlight: 0, secret: "" };
  return management.endpoints.create(company, { ...fields, workspaceId, projectId: "", url });
}

const allowed = ["http://orders.shop.svc.cluster.local:8080/in", "https://10.96.0.10/", "http://10.100.0.1/"];

describe("a company's delivery networks", () => {
  it("are shown with the company, and replaced as a whole", async () => {
    expect(await management.tenants.getCompany(admin, tenant.companyId)).toMatchObject({
      deliveryNetworks: noDeliveryNetworks,
    });
    expect(await set(cluster)).toMatchObject({ deliveryNetworks: cluster });
    expect(await management.tenants.getCompany(admin, tenant.companyId)).toMatchObject({ deliveryNetworks: cluster });
    expect(await set(noDeliveryNetworks)).toMatchObject({ deliveryNetworks: noDeliveryNetworks });
  });

  it("are what its endpoints may lead to, and nobody else's", async () => {
    const refused = {
      status: "INVALID_ARGUMENT",
      details: { fieldViolations: [expect.objectContaining({ field: "url" })] },
    };
    for (const url of allowed) await expect(create(url)).rejects.toMatchObject(refused);
    await set(cluster);
    for (const url of allowed) expect((await create(url)).endpoint).toMatchObject({ url });
    for (const url of allowed) await expect(create(url, other)).rejects.toMatchObject(refused);
    for (const url of ["http://10.1.0.1/", "https://192.168.0.1/", "http://example.com/", "https://127.0.0.1/"]) {
      await expect(create(url)).rejects.toMatchObject(refused);
    }
  });

  it("hold for an update too, and are gone from the next one on", async () => {
    const { endpoint } = await create("https://example.com/");
    const update = (url: string) =>
      management.endpoints.update(tenant.company, {
        webhookId: formatId("endpoint", endpoint.id),
        updateMask: ["url"],
        url,
        events: [],
        description: undefined,
        maxInFlight: undefined,
        etag: "",
      });
    await expect(update("https://10.96.0.10/")).rejects.toMatchObject({ status: "INVALID_ARGUMENT" });
    await set(cluster);
    expect(await update("https://10.96.0.10/")).toMatchObject({ url: "https://10.96.0.10/" });
    await set(noDeliveryNetworks);
    await expect(update("https://10.96.0.11/")).rejects.toMatchObject({ status: "INVALID_ARGUMENT" });
  });

  it("come with the endpoint for whoever delivers", async () => {
    const { endpoint } = await create("https://example.com/");
    const key = async () => (await management.endpointReader.readForDelivery(endpoint.id))?.allowance.key;
    expect(await key()).toBe("");
    await set(cluster);
    expect(await key()).toContain("10.96.0.0/12");
  });

  it("that are wrong change nothing", async () => {
    await set(cluster);
    const wrong = { ...cluster, networks: [{ name: "this machine", cidr: "127.0.0.0/8" }] };
    await expect(set(wrong)).rejects.toMatchObject({ status: "INVALID_ARGUMENT" });
    expect(await management.tenants.getCompany(admin, tenant.companyId)).toMatchObject({ deliveryNetworks: cluster });
  });
});
