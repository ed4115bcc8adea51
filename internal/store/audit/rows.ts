import type { InferCreationAttributes } from "sequelize";
import type { AuditEntry } from "../../domain/audit.ts";
import type { AuditEntryRow } from "../models/audit-entry.ts";

export function toRow(entry: AuditEntry): InferCreationAttributes<AuditEntryRow> {
  const { id, companyId, workspaceId, createdAt, actor, origin, resource, changes, outcome } = entry;
  return {
    id,
    companyId,
    workspaceId,
    keyId: actor.keyId,
    resourceId: resource?.id ?? null,
    createdAt,
    actorKind: actor.kind,
    address: origin.address,
    requestId: origin.requestId,
    method: origin.method,
    resourceKind: resource?.kind ?? null,
    changes,
    status: outcome.status,
    reason: outcome.reason,
  };
}

export function toEntry(row: InferCreationAttributes<AuditEntryRow>): AuditEntry {
  const { id, companyId, workspaceId, createdAt, changes, keyId, status, reason } = row;
  const { actorKind, address, requestId, method, resourceKind, resourceId } = row;
  return {
    id,
    companyId,
    workspaceId,
    createdAt,
    actor: { kind: actorKind, keyId },
    origin: { address, requestId, method },
    resource: resourceKind && resourceId ? { kind: resourceKind, id: resourceId } : null,
    changes,
    outcome: { status, reason },
  };
}
