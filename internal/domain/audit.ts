import type { Caller, KeyHolder, Origin } from "./caller.ts";
import { DomainError, type StatusName } from "./errors.ts";
import { type IdKind, newUuid, type Uuid, uuidTime } from "./ids.ts";

/** What a management operation was done to. */
export interface AuditedResource {
  kind: IdKind;
  id: Uuid;
}

/** The fields of a resource by their proto names; what is null is not there. */
export type AuditedFields = Record<string, string | number | boolean | readonly string[] | null>;

/** What became of one field. Without `before` it was not there, without `after` it is no longer. */
export interface FieldChange {
  field: string;
  before?: AuditedFields[string];
  after?: AuditedFields[string];
  /** A secret: that it changed is recorded, its values are not. */
  hidden?: true;
}

/** One management operation as the audit log keeps it. */
export interface AuditEntry {
  id: Uuid;
  companyId: Uuid;
  /** Null: the operation is about the company, or about no workspace of its own. */
  workspaceId: Uuid | null;
  createdAt: Date;
  actor: { kind: KeyHolder["kind"]; keyId: Uuid | null };
  origin: Origin;
  /** Null: a refused call did not name one. */
  resource: AuditedResource | null;
  /** Empty: everything was as wanted before, or the operation was refused. */
  changes: FieldChange[];
  /** `reason` is empty when it is OK, else ErrorInfo's. */
  outcome: { status: StatusName | "OK"; reason: string };
}

/** Makes the entry of a change from what stood before and what stands after. The record asks in its transaction. */
export type AuditChange<T> = (before: T, after: T) => AuditEntry;

type About = Pick<AuditEntry, "companyId" | "resource"> & Partial<Pick<AuditEntry, "workspaceId">>;

/**
 * The entry of an operation that is done. Whoever writes the change inserts it in the same transaction, so that both
 * are kept, or neither. A change of many things at once is one entry with their number as a field.
 */
export function auditDone(caller: Caller, about: About, changes: FieldChange[]): AuditEntry {
  return entry(caller, about, changes, { status: "OK", reason: "" });
}

/** The entry of an operation that was refused or failed, which changed nothing. */
export function auditRefused(caller: Caller, about: About, error: unknown): AuditEntry {
  const { status, reason } = error instanceof DomainError ? error : { status: "INTERNAL" as const, reason: "INTERNAL" };
  return entry(caller, about, [], { status, reason });
}

function entry(caller: Caller, about: About, changes: FieldChange[], outcome: AuditEntry["outcome"]): AuditEntry {
  const id = newUuid();
  const keyId = caller.kind === "admin" ? null : caller.keyId;
  const { kind, origin } = caller;
  const createdAt = new Date(uuidTime(id));
  return { id, workspaceId: null, ...about, createdAt, actor: { kind, keyId }, origin, changes, outcome };
}

/** What differs; undefined: the resource was not there before, or is gone after. Fields without a value are left out. */
export function changesBetween(before: AuditedFields | undefined, after: AuditedFields | undefined): FieldChange[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const changes: FieldChange[] = [];
  for (const field of names) {
    const [from, to] = [before?.[field] ?? undefined, after?.[field] ?? undefined];
    if (JSON.stringify(from) === JSON.stringify(to)) continue;
    changes.push({ field, ...(from !== undefined && { before: from }), ...(to !== undefined && { after: to }) });
  }
  return changes;
}

/** That a secret or a header's value was set, replaced or removed, without saying what it is. */
export function hiddenChange(field: string): FieldChange {
  return { field, hidden: true };
}
