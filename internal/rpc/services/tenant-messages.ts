import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type * as entities from "../../domain/entities.ts";
import { formatId } from "../../domain/ids.ts";
import type { PlanTier } from "../../domain/states.ts";
import {
  type ApiKey,
  ApiKeySchema,
  type Company,
  Company_PlanTier,
  CompanySchema,
  type Project,
  ProjectSchema,
  type Workspace,
  WorkspaceSchema,
} from "../gen/sealpost/v1/tenant_pb.js";
import { showTime } from "./timestamps.ts";

export function companyMessage(company: entities.Company): Company {
  return create(CompanySchema, {
    id: formatId("company", company.id),
    name: company.name,
    planTier: Company_PlanTier[company.planTier],
    deliveryNetworks: company.deliveryNetworks,
    createTime: timestampFromDate(company.createdAt),
  });
}

/** The plan tier's name; the request was validated, so it has one. */
export function readPlanTier(planTier: Company_PlanTier): PlanTier {
  return Company_PlanTier[planTier] as PlanTier;
}

export function workspaceMessage(workspace: entities.Workspace): Workspace {
  return create(WorkspaceSchema, {
    id: formatId("workspace", workspace.id),
    companyId: formatId("company", workspace.companyId),
    name: workspace.name,
    region: workspace.region,
    createTime: timestampFromDate(workspace.createdAt),
  });
}

export function projectMessage(project: entities.Project): Project {
  return create(ProjectSchema, {
    id: formatId("project", project.id),
    workspaceId: formatId("workspace", project.workspaceId),
    name: project.name,
    createTime: timestampFromDate(project.createdAt),
  });
}

/** A key as callers see it; `key` itself only in the answer to Create. */
export function apiKeyMessage(apiKey: entities.ApiKey, key = ""): ApiKey {
  return create(ApiKeySchema, {
    id: formatId("apiKey", apiKey.id),
    companyId: formatId("company", apiKey.companyId),
    workspaceId: apiKey.workspaceId === null ? "" : formatId("workspace", apiKey.workspaceId),
    name: apiKey.name,
    key,
    createTime: timestampFromDate(apiKey.createdAt),
    ...showTime("expireTime", apiKey.expiresAt),
    ...showTime("revokeTime", apiKey.revokedAt),
    ...showTime("lastUsedTime", apiKey.lastUsedAt),
  });
}
