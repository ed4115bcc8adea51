import { create } from "@bufbuild/protobuf";
import type { TenantApi } from "../../tenancy/api.ts";
import {
  ListApiKeysResponseSchema,
  ListCompaniesResponseSchema,
  ListProjectsResponseSchema,
  ListWorkspacesResponseSchema,
  TenantService,
} from "../gen/sealpost/v1/tenant_pb.js";
import { implement, type Method } from "../method.ts";
import {
  apiKeyMessage,
  companyMessage,
  projectMessage,
  readPermissions,
  readPlanTier,
  workspaceMessage,
} from "./tenant-messages.ts";
import { readTime } from "./timestamps.ts";

/** TenantService over companies, workspaces, projects and keys. */
export function tenantService(tenants: TenantApi): Method[] {
  return implement(TenantService, {
    async createCompany(caller, { name, planTier }) {
      return companyMessage(await tenants.createCompany(caller, { name, planTier: readPlanTier(planTier) }));
    },
    async getCompany(caller, request) {
      return companyMessage(await tenants.getCompany(caller, request.companyId));
    },
    async listCompanies(caller, request) {
      const { items, nextPageToken } = await tenants.listCompanies(caller, request);
      return create(ListCompaniesResponseSchema, { companies: items.map(companyMessage), nextPageToken });
    },
    async setPlanTier(caller, { companyId, planTier }) {
      return companyMessage(await tenants.setPlanTier(caller, { companyId, planTier: readPlanTier(planTier) }));
    },
    async setDeliveryNetworks(caller, { companyId, networks, nameSuffixes, allowHttp }) {
      return companyMessage(
        await tenants.setDeliveryNetworks(caller, { companyId, networks, nameSuffixes, allowHttp }),
      );
    },
    async setIpAllowlist(caller, { companyId, cidrs }) {
      return companyMessage(await tenants.setIpAllowlist(caller, { companyId, cidrs }));
    },
    async createWorkspace(caller, request) {
      return workspaceMessage(await tenants.createWorkspace(caller, request));
    },
    async listWorkspaces(caller, request) {
      const { items, nextPageToken } = await tenants.listWorkspaces(caller, request);
      return create(ListWorkspacesResponseSchema, { workspaces: items.map(workspaceMessage), nextPageToken });
    },
    async createProject(caller, request) {
      return projectMessage(await tenants.createProject(caller, request));
    },
    async listProjects(caller, request) {
      const { items, nextPageToken } = await tenants.listProjects(caller, request);
      return create(ListProjectsResponseSchema, { projects: items.map(projectMessage), nextPageToken });
    },
    async createApiKey(caller, request) {
      const { companyId, workspaceId, name, operationsPerMinute, readsPerMinute } = request;
      const { apiKey, key } = await tenants.createApiKey(caller, {
        companyId,
        workspaceId,
        name,
        expiresAt: readTime("expire_time", request.expireTime) ?? null,
        permissions: readPermissions(request.permissions),
        operationsPerMinute,
        readsPerMinute,
      });
      return apiKeyMessage(apiKey, key);
    },
    async listApiKeys(caller, request) {
      const { items, nextPageToken } = await tenants.listApiKeys(caller, request);
      return create(ListApiKeysResponseSchema, {
        apiKeys: items.map((apiKey) => apiKeyMessage(apiKey)),
        nextPageToken,
      });
    },
    async revokeApiKey(caller, request) {
      return apiKeyMessage(await tenants.revokeApiKey(caller, request.keyId));
    },
  });
}
