import { create } from "@bufbuild/protobuf";
import type { AuditApi } from "../../audit/api.ts";
import { AuditService, ListAuditEntriesResponseSchema } from "../gen/sealpost/v1/audit_pb.js";
import { implement, type Method } from "../method.ts";
import { auditMessage, readAuditList } from "./audit-messages.ts";

/** AuditService over the audit log. */
export function auditService(audit: AuditApi): Method[] {
  return implement(AuditService, {
    async listAuditEntries(caller, request) {
      const { items, nextPageToken } = await audit.list(caller, readAuditList(request));
      return create(ListAuditEntriesResponseSchema, { entries: items.map(auditMessage), nextPageToken });
    },
  });
}
