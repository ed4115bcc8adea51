/** The gRPC status names that Sealpost answers with. */
export type StatusName =
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "UNAUTHENTICATED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "UNIMPLEMENTED"
  | "UNAVAILABLE"
  | "DEADLINE_EXCEEDED"
  | "INTERNAL";

/** One thing that is wrong with a request; `field` is the proto path, e.g. `events[0].data`. */
export interface FieldViolation {
  field: string;
  description: string;
}

interface ErrorDetails {
  fieldViolations?: FieldViolation[];
  /** Milliseconds until trying again makes sense. */
  retryAfterMs?: number;
  resource?: { type: string; name: string };
  cause?: unknown;
}

/**
 * What went wrong, for the caller. `reason` is stable and machine-readable (ErrorInfo.reason); the message
 * says what is wrong and what to do. Everything that is not a DomainError is answered as INTERNAL.
 */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly status: StatusName;
  readonly reason: string;
  readonly details: ErrorDetails;

  constructor(status: StatusName, reason: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = status;
    this.reason = reason;
    this.details = details;
  }
}

/** INVALID_ARGUMENT with everything that is wrong, not only the first. */
export function invalidArgument(...fieldViolations: FieldViolation[]): DomainError {
  const summary = fieldViolations.map((v) => `${v.field}: ${v.description}`).join("; ");
  return new DomainError("INVALID_ARGUMENT", "INVALID_REQUEST", summary, { fieldViolations });
}

/** Foreign and absent are the same answer: nobody learns that somebody else's resource exists. */
export function notFound(type: string, asked: string): DomainError {
  // What somebody sent as an id may be long, and a gRPC status travels in headers.
  const name = asked.length > 64 ? `${asked.slice(0, 64)}…` : asked;
  return new DomainError(
    "NOT_FOUND",
    "NOT_FOUND",
    `no ${type} ${name || "(empty id)"} here: check the id, and that this key belongs to its company`,
    { resource: { type, name } },
  );
}
