import { type AuditChange, type AuditEntry, auditDone, changesBetween, hiddenChange } from "../domain/audit.ts";
import type { Caller } from "../domain/caller.ts";
import type { Endpoint, EndpointKey } from "../domain/entities.ts";
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
    headers: endpoint.headerNames.length > 0 ? endpoint.headerNames : null,
    status,
    disabled_reason: endpoint.disabledReason,
    managed_by: endpoint.managedBy && resourceName(endpoint.managedBy),
  };
}

export function auditCreated(caller: Caller, companyId: Uuid, endpoint: Endpoint): AuditEntry {
  // As people know it: what stands in a change is for them to read.
  const projectId = endpoint.projectId && formatId("project", endpoint.projectId);
  const changes = changesBetween(undefined, { ...fields(endpoint), project_id: projectId });
  const hidden = [hiddenChange("secret"), ...valuesChanged(endpoint.headerNames)];
  return auditDone(caller, about(companyId, endpoint), [...changes, ...hidden]);
}

/** `headersSet` answers which headers got a value, once that is known. */
export function auditChanged(
  caller: Caller,
  companyId: Uuid,
  headersSet: () => string[] = () => [],
): AuditChange<Endpoint> {
  return (before, after) => {
    const changes = [...changesBetween(fields(before), fields(after)), ...valuesChanged(headersSet())];
    return auditDone(caller, about(companyId, after), changes);
  };
}

export function auditRotated(caller: Caller, companyId: Uuid): AuditChange<Endpoint> {
  return (before, after) => {
    const keys = ({ keys }: Endpoint) => ({ signing_keys: keys.map(shownKey) });
    const replaced = before.keys[0]?.id === after.keys[0]?.id ? [] : [hiddenChange("secret")];
    return auditDone(caller, about(companyId, after), [...changesBetween(keys(before), keys(after)), ...replaced]);
  };
}

export function auditDeleted(caller: Caller, companyId: Uuid): (deleted: Endpoint) => AuditEntry {
  return (deleted) => auditDone(caller, about(companyId, deleted), changesBetween(fields(deleted), undefined));
}

function shownKey({ id, expiresAt }: EndpointKey): string {
  return formatId("signingKey", id) + (expiresAt === null ? "" : ` until ${expiresAt.toISOString()}`);
}

function valuesChanged(headers: readonly string[]) {
  return headers.map((name) => hiddenChange(`headers[${name}]`));
}

function about(companyId: Uuid, { id, workspaceId }: Endpoint) {
  return { companyId, workspaceId, resource: { kind: "endpoint", id } } as const;
}
