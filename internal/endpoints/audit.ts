import { type AuditChange, type AuditEntry, auditDone, changesBetween, hiddenChange } from "../domain/audit.ts";
import type { Caller } from "../domain/caller.ts";
import type { Endpoint } from "../domain/entities.ts";
import { formatId, type Uuid } from "../domain/ids.ts";
import { resourceName } from "./managed.ts";

/** What the audit log says of an endpoint: everything that a caller sets, and its state. */
function fields(endpoint: Endpoint) {
  const { url, events, description, status } = endpoint;
  return {
    url,
    events,
    description: description || null,
    max_in_flight: endpoint.maxInFlight,
    status,
    disabled_reason: endpoint.disabledReason,
    managed_by: endpoint.managedBy && resourceName(endpoint.managedBy),
  };
}

export function auditCreated(caller: Caller, companyId: Uuid, endpoint: Endpoint): AuditEntry {
  // As people know it: what stands in a change is for them to read.
  const projectId = endpoint.projectId && formatId("project", endpoint.projectId);
  const changes = changesBetween(undefined, { ...fields(endpoint), project_id: projectId });
  return auditDone(caller, about(companyId, endpoint), [...changes, hiddenChange("secret")]);
}

export function auditChanged(caller: Caller, companyId: Uuid): AuditChange<Endpoint> {
  return (before, after) => auditDone(caller, about(companyId, after), changesBetween(fields(before), fields(after)));
}

export function auditDeleted(caller: Caller, companyId: Uuid): (deleted: Endpoint) => AuditEntry {
  return (deleted) => auditDone(caller, about(companyId, deleted), changesBetween(fields(deleted), undefined));
}

function about(companyId: Uuid, { id, workspaceId }: Endpoint) {
  return { companyId, workspaceId, resource: { kind: "endpoint", id } } as const;
}
