import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type * as entities from "../../domain/entities.ts";
import { invalidArgument } from "../../domain/errors.ts";
import { formatId } from "../../domain/ids.ts";
import type * as permissions from "../../domain/permissions.ts";
import type { PlanTier } from "../../domain/states.ts";
import { Permission } from "../gen/sealpost/v1/options_pb.js";
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
    ipAllowlist: company.ipAllowlist,
    createTime: timestampFromDate(company.createdAt),
  });
}

/** The plan tier's name; the request was validated, so it has one. */
export function readPlanTier(planTier: Company_PlanTier): PlanTier {
  return Company_PlanTier[planTier] as PlanTier;
}

/** @throws DomainError INVALID_ARGUMENT for what is the enum's, but no permission */
export function readPermissions(given: Permission[]): permissions.Permission[] {
  const names = given.map((permission) => Permission[permission] as permissions.Permission | "NO_PERMISSION");
  const none = names.indexOf("NO_PERMISSION");
  if (none >= 0)
    throw invalidArgument({ field: `permissions[${none}]`, description: "NO_PERMISSION is none: leave it out" });
  return names as permissions.Permission[];
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
    permissions: (apiKey.permissions ?? []).map((permission) => Permission[permission]),
    operationsPerMinute: apiKey.operationsPerMinute ?? 0,
    readsPerMinute: apiKey.readsPerMinute ?? 0,
    createTime: timestampFromDate(apiKey.createdAt),
    ...showTime("expireTime", apiKey.expiresAt),
    ...showTime("revokeTime", apiKey.revokedAt),
    ...showTime("lastUsedTime", apiKey.lastUsedAt),
  });
}
