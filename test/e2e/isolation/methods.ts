import type { World } from "./world.ts";

const page = { pageSize: 1 };
const data = Buffer.from("1");
const manager = { cluster: "a", namespace: "b", name: "c" };
const managed = async (world: World, fields: object = {}) => {
  const { id, uid } = await world.managed();
  return { webhookId: id, managerUid: uid, ...fields };
};

/**
 * How to call each method validly, with every field that names something filled in (page tokens aside: those are asked
 * for). A new method, or a new such field, fails the matrix until it stands here.
 */
export const methods: Record<string, (world: World) => object | Promise<object>> = {
  "AuditService/ListAuditEntries": ({ fixed }) => ({
    companyId: fixed.company,
    keyId: fixed.apiKey,
    resourceId: fixed.endpoint,
    ...page,
  }),
  "DeliveryService/GetDelivery": ({ fixed }) => ({ deliveryId: fixed.delivery }),
  "DeliveryService/ListDeliveries": ({ fixed }) => ({ webhookId: fixed.endpoint, ...page }),
  "DeliveryService/RetryDelivery": async (world) => ({ deliveryId: await world.finishedDelivery() }),
  "EventService/BatchPublishEvents": (world) => ({
    events: [{ eventType: "isolation.test", data, projectId: world.fixed.project, idempotencyKey: world.newUid() }],
  }),
  "EventService/GetEvent": ({ fixed }) => ({ eventId: fixed.event }),
  "EventService/PublishEvent": (world) => ({
    ...{ eventType: "isolation.test", data, projectId: world.fixed.project, idempotencyKey: world.newUid() },
  }),
  "TenantService/CreateApiKey": ({ fixed }) => ({ companyId: fixed.company, workspaceId: fixed.workspace, name: "k" }),
  "TenantService/CreateCompany": () => ({ name: "c" }),
  "TenantService/CreateProject": ({ fixed }) => ({ workspaceId: fixed.workspace, name: "p" }),
  "TenantService/CreateWorkspace": ({ fixed }) => ({ companyId: fixed.company, name: "w", region: "us" }),
  "TenantService/GetCompany": ({ fixed }) => ({ companyId: fixed.company }),
  "TenantService/ListApiKeys": ({ fixed }) => ({ companyId: fixed.company, ...page }),
  "TenantService/ListCompanies": () => page,
  "TenantService/ListProjects": ({ fixed }) => ({ workspaceId: fixed.workspace, ...page }),
  "TenantService/ListWorkspaces": ({ fixed }) => ({ companyId: fixed.company, ...page }),
  "TenantService/RevokeApiKey": async (world) => ({ keyId: await world.newApiKey() }),
  "TenantService/SetDeliveryNetworks": ({ fixed }) => ({ companyId: fixed.company, networks: [] }),
  "TenantService/SetIpAllowlist": ({ fixed }) => ({ companyId: fixed.company, cidrs: ["127.0.0.0/8", "::1"] }),
  "TenantService/SetPlanTier": ({ fixed }) => ({ companyId: fixed.company, planTier: 1 }),
  "WebhookEndpointService/AdoptWebhookEndpoint": async (world) => ({
    webhookId: await world.unmanaged(),
    managedBy: { ...manager, uid: world.newUid() },
  }),
  "WebhookEndpointService/CreateWebhookEndpoint": ({ fixed, newUid }) => ({
    ...{ workspaceId: fixed.workspace, projectId: fixed.project, url: "http://localhost:9/", events: ["*"] },
    managedBy: { ...manager, uid: newUid() },
  }),
  "WebhookEndpointService/DeleteWebhookEndpoint": managed,
  "WebhookEndpointService/DisableWebhookEndpoint": managed,
  "WebhookEndpointService/EnableWebhookEndpoint": managed,
  "WebhookEndpointService/GetManagedWebhookEndpoint": ({ fixed }) => ({ managerUid: fixed.manager }),
  "WebhookEndpointService/GetWebhookEndpoint": ({ fixed }) => ({ webhookId: fixed.endpoint }),
  "WebhookEndpointService/ListWebhookEndpoints": ({ fixed }) => ({
    ...{ workspaceId: fixed.workspace, projectId: fixed.project },
    ...page,
  }),
  "WebhookEndpointService/ReleaseWebhookEndpoint": managed,
  "WebhookEndpointService/RotateWebhookEndpointSecret": managed,
  "WebhookEndpointService/UpdateWebhookEndpoint": (world) =>
    managed(world, { description: "d", updateMask: { paths: ["description"] } }),
};
