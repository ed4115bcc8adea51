import type { Sequelize } from "sequelize";
import { defineApiKey } from "./api-key.ts";
import { defineAuditEntry } from "./audit-entry.ts";
import { defineCompany } from "./company.ts";
import { defineEndpointStatistics } from "./endpoint-statistics.ts";
import { defineIdempotencyKey } from "./idempotency-key.ts";
import { defineProject } from "./project.ts";
import { defineWebhookDeliveryAttempt } from "./webhook-delivery-attempt.ts";
import { defineWebhookEndpoint } from "./webhook-endpoint.ts";
import { defineWebhookEndpointSecret } from "./webhook-endpoint-secret.ts";
import { defineWebhookEvent } from "./webhook-event.ts";
import { defineWebhookJob } from "./webhook-job.ts";
import { defineWorkspace } from "./workspace.ts";

export type Models = ReturnType<typeof defineModels>;

const defined = new WeakMap<Sequelize, Models>();

/**
 * The records as Sequelize models of one pool; the schema itself is made by the migrations. Models belong to their
 * pool, not to the module, so that a process may have several.
 */
export function modelsOf(sequelize: Sequelize): Models {
  let models = defined.get(sequelize);
  if (!models) {
    models = defineModels(sequelize);
    defined.set(sequelize, models);
  }
  return models;
}

function defineModels(sequelize: Sequelize) {
  const models = {
    Company: defineCompany(sequelize),
    Workspace: defineWorkspace(sequelize),
    Project: defineProject(sequelize),
    ApiKey: defineApiKey(sequelize),
    WebhookEndpoint: defineWebhookEndpoint(sequelize),
    WebhookEndpointSecret: defineWebhookEndpointSecret(sequelize),
    EndpointStatistics: defineEndpointStatistics(sequelize),
    WebhookEvent: defineWebhookEvent(sequelize),
    WebhookJob: defineWebhookJob(sequelize),
    WebhookDeliveryAttempt: defineWebhookDeliveryAttempt(sequelize),
    IdempotencyKey: defineIdempotencyKey(sequelize),
    AuditEntry: defineAuditEntry(sequelize),
  };
  const { Company, Workspace, Project, ApiKey, WebhookEndpoint, WebhookEvent, WebhookJob } = models;
  // Foreign keys stand in the migrations, where there are any.
  const by = (foreignKey: string, as: string) => ({ foreignKey, as, constraints: false });
  Company.hasMany(Workspace, by("companyId", "workspaces"));
  Company.hasMany(ApiKey, by("companyId", "apiKeys"));
  ApiKey.belongsTo(Company, by("companyId", "company"));
  ApiKey.belongsTo(Workspace, by("workspaceId", "workspace"));
  Workspace.belongsTo(Company, by("companyId", "company"));
  Workspace.hasMany(Project, by("workspaceId", "projects"));
  Workspace.hasMany(WebhookEndpoint, by("workspaceId", "endpoints"));
  Project.belongsTo(Workspace, by("workspaceId", "workspace"));
  WebhookEndpoint.belongsTo(Workspace, by("workspaceId", "workspace"));
  WebhookEndpoint.belongsTo(Project, by("projectId", "project"));
  WebhookEndpoint.hasOne(models.EndpointStatistics, by("endpointId", "statistics"));
  WebhookEndpoint.hasMany(models.WebhookEndpointSecret, by("endpointId", "secrets"));
  WebhookEndpoint.hasMany(WebhookJob, by("endpointId", "jobs"));
  WebhookEvent.hasMany(WebhookJob, by("eventId", "jobs"));
  WebhookJob.belongsTo(WebhookEvent, by("eventId", "event"));
  WebhookJob.belongsTo(WebhookEndpoint, by("endpointId", "endpoint"));
  WebhookJob.belongsTo(Workspace, by("workspaceId", "workspace"));
  WebhookJob.hasMany(models.WebhookDeliveryAttempt, by("jobId", "attempts"));
  models.IdempotencyKey.belongsTo(WebhookEvent, by("eventId", "event"));
  return models;
}
