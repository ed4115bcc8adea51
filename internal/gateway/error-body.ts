import { createRegistry, type Registry, toJson } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  ErrorInfoSchema,
  file_google_rpc_error_details,
  RetryInfoSchema,
} from "../rpc/gen/google/rpc/error_details_pb.js";
import { type Status, StatusSchema } from "../rpc/gen/google/rpc/status_pb.js";

/** The types that a status' details may have. */
export const detailTypes: Registry = createRegistry(file_google_rpc_error_details);

/** google.rpc.Code → HTTP, as every gRPC gateway maps them. */
const httpStatuses = new Map([
  [3, 400], // INVALID_ARGUMENT
  [4, 504], // DEADLINE_EXCEEDED
  [5, 404], // NOT_FOUND
  [6, 409], // ALREADY_EXISTS
  [7, 403], // PERMISSION_DENIED
  [8, 429], // RESOURCE_EXHAUSTED
  [9, 400], // FAILED_PRECONDITION
  [10, 409], // ABORTED
  [12, 501], // UNIMPLEMENTED
  [14, 503], // UNAVAILABLE
  [16, 401], // UNAUTHENTICATED
]);

/** HTTP has words of its own for these: reasons and their status. */
const reasonStatuses = new Map([
  ["REQUEST_TOO_LARGE", 413],
  ["EVENT_TOO_LARGE", 413],
  ["UNSUPPORTED_MEDIA_TYPE", 415],
  ["REQUEST_TIMEOUT", 408],
  ["HEADERS_TOO_LARGE", 431],
]);

export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  /** google.rpc.Status in canonical JSON: `{"code":…,"message":…,"details":[…]}`. */
  body: string;
}

/** A failure as HTTP says it. */
export function errorAnswer(failure: Status): ErrorAnswer {
  const headers: Record<string, string> = {};
  let status = httpStatuses.get(failure.code) ?? 500;
  for (const detail of failure.details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info) status = reasonStatuses.get(info.reason) ?? status;
    const delay = anyUnpack(detail, RetryInfoSchema)?.retryDelay;
    // Whole seconds is all that Retry-After has; rounding up never asks too early.
    if (delay) headers["retry-after"] = String(Number(delay.seconds) + (delay.nanos > 0 ? 1 : 0));
  }
  if (status === 401) headers["www-authenticate"] = "Bearer";
  const body = toJson(StatusSchema, failure, { registry: detailTypes });
  return { status, headers, body: JSON.stringify(body) };
}
