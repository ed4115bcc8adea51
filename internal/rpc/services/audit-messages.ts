import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ListAuditInput } from "../../audit/api.ts";
import type * as domain from "../../domain/audit.ts";
import { formatId } from "../../domain/ids.ts";
import {
  type AuditEntry,
  AuditEntry_Actor,
  type AuditEntry_Change,
  AuditEntry_ChangeSchema,
  AuditEntrySchema,
  type ListAuditEntriesRequest,
  ListAuditEntriesRequest_Outcome,
} from "../gen/sealpost/v1/audit_pb.js";
import { readTime } from "./timestamps.ts";

const actors = {
  admin: AuditEntry_Actor.ADMIN,
  company: AuditEntry_Actor.COMPANY_KEY,
  workspace: AuditEntry_Actor.WORKSPACE_KEY,
} as const;

/** An entry as callers see it. */
export function auditMessage(entry: domain.AuditEntry): AuditEntry {
  const { actor, origin, resource, outcome } = entry;
  return create(AuditEntrySchema, {
    id: formatId("auditEntry", entry.id),
    companyId: formatId("company", entry.companyId),
    workspaceId: entry.workspaceId === null ? "" : formatId("workspace", entry.workspaceId),
    createTime: timestampFromDate(entry.createdAt),
    actor: actors[actor.kind],
    keyId: actor.keyId === null ? "" : formatId("apiKey", actor.keyId),
    address: origin.address,
    requestId: origin.requestId,
    method: origin.method,
    resourceId: resource === null ? "" : formatId(resource.kind, resource.id),
    changes: entry.changes.map(changeMessage),
    status: outcome.status,
    reason: outcome.reason,
  });
}

function changeMessage({ field, before, after, hidden }: domain.FieldChange): AuditEntry_Change {
  const values = { before: jsonText(before), after: jsonText(after) };
  return create(AuditEntry_ChangeSchema, { field, ...values, hidden: hidden === true });
}

function jsonText(value: unknown): Uint8Array {
  return value === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(value));
}

/** @throws DomainError INVALID_ARGUMENT for a time out of range */
export function readAuditList(request: ListAuditEntriesRequest): ListAuditInput {
  const { companyId, keyId, method, resourceId, pageSize, pageToken } = request;
  return {
    companyId,
    createdAfter: readTime("created_after", request.createdAfter),
    createdBefore: readTime("created_before", request.createdBefore),
    keyId,
    method,
    resourceId,
    // The request was validated: it has a name.
    outcome: ListAuditEntriesRequest_Outcome[request.outcome] as ListAuditInput["outcome"],
    pageSize,
    pageToken,
  };
}
