import { DomainError } from "../domain/errors.ts";
import { requestTooLarge } from "../rpc/limits.ts";

/** INVALID_ARGUMENT that HTTP answers with 415. */
export function unsupportedMediaType(message: string): DomainError {
  return new DomainError("INVALID_ARGUMENT", "UNSUPPORTED_MEDIA_TYPE", message);
}

export function unknownRoute(verb: string, path: string): DomainError {
  return new DomainError(
    "NOT_FOUND",
    "UNKNOWN_ROUTE",
    `there is no ${verb} ${path}: see /openapi.json for what there is`,
  );
}

/** What the HTTP server itself refuses before a method is reached, as the caller is told; anything else unchanged. */
export function refusedByServer(error: unknown, bodyLimit: number): unknown {
  if (error instanceof DomainError || !(error instanceof Error) || !("code" in error)) return error;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return requestTooLarge(bodyLimit);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return unsupportedMediaType("the body must be JSON: send it with content-type: application/json");
    case "ECONNRESET":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new DomainError("INVALID_ARGUMENT", "INCOMPLETE_BODY", "the body ended before its content-length");
    case "FST_ERR_BAD_URL":
      return new DomainError(
        "INVALID_ARGUMENT",
        "BAD_URL",
        "the path has a percent sign without two hex digits after it",
      );
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new DomainError("NOT_FOUND", "NOT_FOUND", "no id is this long: check the path");
    default:
      return error;
  }
}
