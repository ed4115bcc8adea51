import { type AuditChange, type AuditEntry, auditDone, changesBetween, hiddenChange } from "../domain/audit.ts";
import type { Caller } from "../domain/caller.ts";
import type { ApiKey, Company, Project, Workspace } from "../domain/entities.ts";
import type { Uuid } from "../domain/ids.ts";
import { includesWebhooks } from "../domain/plan.ts";
import type { AuditPlanChange } from "./ports.ts";

/** What the audit log says of each: everything that the operator sets, and never a key itself. */
const companyFields = ({ name, planTier, ipAllowlist }: Company) => ({
  name,
  plan_tier: planTier,
  ip_allowlist: ipAllowlist.length > 0 ? ipAllowlist : null,
});
const networkFields = ({ deliveryNetworks: { networks, nameSuffixes, allowHttp } }: Company) => ({
  networks: networks.length > 0 ? networks.map(({ name, cidr }) => `${name} (${cidr})`) : null,
  name_suffixes: nameSuffixes.length > 0 ? nameSuffixes : null,
  allow_http: allowHttp,
});
const keyFields = ({ name, permissions, operationsPerMinute, readsPerMinute, expiresAt, revokedAt }: ApiKey) => ({
  name: name || null,
  permissions,
  operations_per_minute: operationsPerMinute,
  reads_per_minute: readsPerMinute,
  expire_time: expiresAt?.toISOString() ?? null,
  revoke_time: revokedAt?.toISOString() ?? null,
});

export function auditCompanyMade(caller: Caller, company: Company): AuditEntry {
  return auditDone(caller, aboutCompany(company), changesBetween(undefined, companyFields(company)));
}

export function auditCompanyChanged(caller: Caller): AuditChange<Company> {
  return (before, after) =>
    auditDone(caller, aboutCompany(after), changesBetween(companyFields(before), companyFields(after)));
}

/** What a plan does to endpoints is one entry with their number. */
export function auditPlanChanged(caller: Caller): AuditPlanChange {
  return (before, after, moved) => {
    const endpoints = includesWebhooks(after.planTier) ? { resumed_endpoints: moved } : { suspended_endpoints: moved };
    const fields = { ...companyFields(after), ...(moved > 0 && endpoints) };
    return auditDone(caller, aboutCompany(after), changesBetween(companyFields(before), fields));
  };
}

export function auditNetworksChanged(caller: Caller): AuditChange<Company> {
  return (before, after) =>
    auditDone(caller, aboutCompany(after), changesBetween(networkFields(before), networkFields(after)));
}

export function auditWorkspaceMade(caller: Caller, { id, companyId, name, region }: Workspace): AuditEntry {
  const about = { companyId, workspaceId: id, resource: { kind: "workspace", id } } as const;
  return auditDone(caller, about, changesBetween(undefined, { name, region }));
}

export function auditProjectMade(caller: Caller, companyId: Uuid, { id, workspaceId, name }: Project): AuditEntry {
  const about = { companyId, workspaceId, resource: { kind: "project", id } } as const;
  return auditDone(caller, about, changesBetween(undefined, { name }));
}

export function auditKeyMade(caller: Caller, apiKey: ApiKey): AuditEntry {
  const changes = changesBetween(undefined, keyFields(apiKey));
  return auditDone(caller, aboutKey(apiKey), [...changes, hiddenChange("key")]);
}

export function auditKeyChanged(caller: Caller): AuditChange<ApiKey> {
  return (before, after) => auditDone(caller, aboutKey(after), changesBetween(keyFields(before), keyFields(after)));
}

function aboutCompany({ id }: Company) {
  return { companyId: id, resource: { kind: "company", id } } as const;
}

function aboutKey({ id, companyId, workspaceId }: ApiKey) {
  return { companyId, workspaceId, resource: { kind: "apiKey", id } } as const;
}
