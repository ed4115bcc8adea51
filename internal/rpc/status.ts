import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, anyPack, durationFromMs } from "@bufbuild/protobuf/wkt";
import type { Origin } from "../domain/caller.ts";
import { DomainError, type StatusName } from "../domain/errors.ts";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";
import { type Status, StatusSchema } from "./gen/google/rpc/status_pb.js";

/** Names a call to its caller: an HTTP header, and gRPC metadata that trails the answer. */
export const requestIdHeader = "x-request-id";

/** Numbers of google.rpc.Code. */
export const statusCodes: Record<StatusName, number> = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};

const errorDomain = "sealpost.dev";

/** Details travel in a trailer, and gRPC clients take 8 KiB of those by default: say the first problems in full. */
const maxViolations = 20;
const maxTextLength = 2000;

/** What the edge logs: pino's shape. */
export interface EdgeLogger {
  error(details: Record<string, unknown>, message: string): void;
}

/**
 * Any failure as the caller sees it. A DomainError says everything itself; what nobody foresaw is INTERNAL with the
 * call's request id, under which the cause is logged.
 */
export function failureStatus(
  error: unknown,
  logger: EdgeLogger,
  { method, requestId, traceparent }: Pick<Origin, "method" | "requestId"> & { traceparent?: string | undefined },
): Status {
  if (error instanceof DomainError && error.status !== "INTERNAL") return domainStatus(error);
  const cause = error instanceof DomainError && error.cause !== undefined ? error.cause : error;
  // `<version>-<trace id>-<parent>-<flags>`
  const traceId = traceparent?.slice(3, 35);
  logger.error({ err: cause, requestId, method, ...(traceId && { traceId }) }, "a call failed unexpectedly");
  const said = error instanceof DomainError ? error.message : "unexpected error: try again";
  return status("INTERNAL", `${said}; if it stays, report request id ${requestId}`, [
    detail(ErrorInfoSchema, { reason: "INTERNAL", domain: errorDomain, metadata: { requestId } }),
  ]);
}

/** A failure that says everything itself. */
export function domainStatus(error: DomainError): Status {
  const { fieldViolations, retryAfterMs, resource } = error.details;
  const details = [detail(ErrorInfoSchema, { reason: error.reason, domain: errorDomain })];
  if (fieldViolations && fieldViolations.length > 0) {
    const shown = fieldViolations.slice(0, maxViolations).map(({ field, description }) => ({
      field: clip(field, 200),
      description: clip(description, 200),
    }));
    details.push(detail(BadRequestSchema, { fieldViolations: shown }));
  }
  if (retryAfterMs !== undefined) {
    details.push(detail(RetryInfoSchema, { retryDelay: durationFromMs(Math.ceil(retryAfterMs)) }));
  }
  if (resource) {
    const named = { resourceType: resource.type, resourceName: clip(resource.name, 200) };
    details.push(detail(ResourceInfoSchema, named));
  }
  return status(error.status, error.message, details);
}

function status(name: StatusName, message: string, details: Any[]): Status {
  return create(StatusSchema, { code: statusCodes[name], message: clip(message, maxTextLength), details });
}

function detail<Schema extends DescMessage>(schema: Schema, init: MessageInitShape<Schema>): Any {
  return anyPack(schema, create(schema, init));
}

/** Also makes text well-formed: it may quote the caller, and a trailer cannot carry half a character. */
function clip(text: string, length: number): string {
  return (text.length > length ? `${text.slice(0, length)}…` : text).toWellFormed();
}

/** The name of a google.rpc.Code, for metrics. */
export function statusName(code: number): StatusName | "OK" | "UNKNOWN" {
  if (code === 0) return "OK";
  return (Object.keys(statusCodes) as StatusName[]).find((name) => statusCodes[name] === code) ?? "UNKNOWN";
}
