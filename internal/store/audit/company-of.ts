import type { AuditedResource } from "../../domain/audit.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { Models } from "../models/models.ts";
import { run } from "../models/run.ts";

/** Whose resource this is, deleted or not; undefined: nobody's. */
export function companyOf(models: Models, resource: AuditedResource): Promise<Uuid | undefined> {
  return run(async () => {
    const { kind, id } = resource;
    if (kind === "company") return (await models.Company.findByPk(id, { attributes: ["id"] }))?.id;
    if (kind === "apiKey") return (await models.ApiKey.findByPk(id, { attributes: ["companyId"] }))?.companyId;
    const workspaceId = kind === "workspace" ? id : await workspaceOf(models, resource);
    if (workspaceId === undefined) return undefined;
    return (await models.Workspace.findByPk(workspaceId, { attributes: ["companyId"] }))?.companyId;
  });
}

async function workspaceOf(models: Models, { kind, id }: AuditedResource): Promise<Uuid | undefined> {
  const attributes = ["workspaceId"];
  if (kind === "project") return (await models.Project.findByPk(id, { attributes }))?.workspaceId;
  if (kind === "endpoint") return (await models.WebhookEndpoint.findByPk(id, { attributes }))?.workspaceId;
  if (kind === "delivery") return (await models.WebhookJob.findByPk(id, { attributes }))?.workspaceId;
  return undefined;
}
