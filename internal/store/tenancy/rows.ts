import type { ApiKey, Company, Project, Workspace } from "../../domain/entities.ts";
import type { ApiKeyRow } from "../models/api-key.ts";
import type { CompanyRow } from "../models/company.ts";
import type { ProjectRow } from "../models/project.ts";
import type { WorkspaceRow } from "../models/workspace.ts";

export function toCompany({ id, name, planTier, deliveryNetworks, ipAllowlist, createdAt }: CompanyRow): Company {
  return { id, name, planTier, deliveryNetworks, ipAllowlist, createdAt };
}

export function toWorkspace({ id, companyId, name, region, createdAt }: WorkspaceRow): Workspace {
  return { id, companyId, name, region, createdAt };
}

export function toProject({ id, workspaceId, name, createdAt }: ProjectRow): Project {
  return { id, workspaceId, name, createdAt };
}

export function toApiKey(row: ApiKeyRow): ApiKey {
  const { id, companyId, workspaceId, name, permissions, operationsPerMinute, readsPerMinute } = row;
  const { createdAt, expiresAt, revokedAt, lastUsedAt } = row;
  const limits = { operationsPerMinute, readsPerMinute };
  return { id, companyId, workspaceId, name, permissions, ...limits, createdAt, expiresAt, revokedAt, lastUsedAt };
}
