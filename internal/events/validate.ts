import { DomainError, type FieldViolation, invalidArgument } from "../domain/errors.ts";
import { eventTypePattern } from "../domain/event-type.ts";
import { checkJson } from "../domain/json.ts";
import type { PublishInput } from "./api.ts";
import { auditEventType, hasAuditFields } from "./audit.ts";

/** The data of one event at most, in bytes. */
export const maxEventBytes = 256 * 1024;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacters = /[\u0000-\u001f\u007f]/;

const jsonFields = ["data", "actor", "target", "metadata"] as const;

/**
 * Checks one event as published.
 *
 * @throws DomainError INVALID_ARGUMENT with every violation, or RESOURCE_EXHAUSTED over 256 KiB.
 */
export function validatePublish(input: PublishInput): void {
  let bytes = 0;
  for (const field of jsonFields) bytes += input[field].length;
  if (bytes > maxEventBytes) {
    throw new DomainError(
      "RESOURCE_EXHAUSTED",
      "EVENT_TOO_LARGE",
      `the event has ${bytes} bytes of JSON and may have ${maxEventBytes}: send a link instead of the content`,
      { fieldViolations: [{ field: "data", description: `${bytes} bytes, at most ${maxEventBytes}` }] },
    );
  }
  const violations: FieldViolation[] = hasAuditFields(input) ? auditViolations(input) : typedViolations(input);
  for (const field of jsonFields) {
    if (input[field].length === 0) continue;
    const reason = checkJson(input[field]);
    if (reason !== undefined) violations.push({ field, description: `is not acceptable JSON: ${reason}` });
  }
  if (controlCharacters.test(input.idempotencyKey)) {
    violations.push({ field: "idempotency_key", description: "must not contain control characters" });
  }
  if (violations.length > 0) throw invalidArgument(...violations);
}

function auditViolations(input: PublishInput): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (input.data.length > 0) {
    violations.push({ field: "data", description: "goes with event_type, not with the fields of an audit event" });
  }
  if (input.eventType !== "" && input.eventType !== auditEventType) {
    violations.push({ field: "event_type", description: `an event with category or action is ${auditEventType}` });
  }
  if (input.category === "") violations.push({ field: "category", description: "is required for an audit event" });
  if (input.action === "") violations.push({ field: "action", description: "is required for an audit event" });
  if (input.actor.length === 0) {
    violations.push({
      field: "actor",
      description: 'is required for an audit event, e.g. {"email":"user@example.com"}',
    });
  }
  return violations;
}

function typedViolations(input: PublishInput): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (input.eventType === "") {
    violations.push({
      field: "event_type",
      description: "is required, e.g. invoice.paid (or send category, action and actor for an audit event)",
    });
  } else if (input.eventType === auditEventType) {
    violations.push({
      field: "category",
      description: `${auditEventType} is published with category, action and actor`,
    });
  } else if (!eventTypePattern.test(input.eventType)) {
    violations.push({ field: "event_type", description: "must be letters, digits and _ in parts joined by dots" });
  }
  if (input.data.length === 0) violations.push({ field: "data", description: "is required: any JSON value" });
  return violations;
}
