import type { PublishInput } from "./api.ts";

/** The event type of audit events; its data is made from the audit fields. */
export const auditEventType = "AUDIT_EVENT_CREATED";

/** Whether any field of an audit event is given. */
export function hasAuditFields(input: PublishInput): boolean {
  return (
    input.category !== "" ||
    input.action !== "" ||
    input.actor.length > 0 ||
    input.target.length > 0 ||
    input.metadata.length > 0 ||
    input.occurredAt !== undefined
  );
}

/** `{category, action, actor, target?, metadata?, occurredAt}`; the JSON parts keep their exact text. */
export function auditData(input: PublishInput, acceptedAt: Date): Buffer {
  const occurredAt = (input.occurredAt ?? acceptedAt).toISOString();
  const parts: (string | Uint8Array)[] = [
    `{"category":${JSON.stringify(input.category)},"action":${JSON.stringify(input.action)},"actor":`,
    input.actor,
  ];
  if (input.target.length > 0) parts.push(`,"target":`, input.target);
  if (input.metadata.length > 0) parts.push(`,"metadata":`, input.metadata);
  parts.push(`,"occurredAt":"${occurredAt}"}`);
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}
