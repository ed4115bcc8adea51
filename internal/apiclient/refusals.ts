import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack, durationMs } from "@bufbuild/protobuf/wkt";
import grpc, { type ServiceError } from "@grpc/grpc-js";
import { ApiRefusal } from "../controller/ports.ts";
import { isAway } from "../controller/refusal.ts";
import { ErrorInfoSchema, ResourceInfoSchema, RetryInfoSchema } from "../rpc/gen/google/rpc/error_details_pb.js";
import { type Status, StatusSchema } from "../rpc/gen/google/rpc/status_pb.js";

/** Where gRPC carries google.rpc.Status. */
const detailsKey = "grpc-status-details-bin";

/** A failed call as the controller judges it: with what the API says beside the status, when it says something. */
export function refusalOf(error: ServiceError): ApiRefusal {
  const details = readDetails(error)?.details ?? [];
  const info = details.map((any) => anyUnpack(any, ErrorInfoSchema)).find((found) => found !== undefined);
  const retry = details.map((any) => anyUnpack(any, RetryInfoSchema)).find((found) => found !== undefined);
  const about = details.map((any) => anyUnpack(any, ResourceInfoSchema)).find((found) => found !== undefined);
  return new ApiRefusal({
    status: grpc.status[error.code] ?? "UNKNOWN",
    reason: info?.reason ?? "",
    message: info ? error.details : withoutTheMoment(error.details),
    retryAfterMs: retry?.retryDelay && durationMs(retry.retryDelay),
    resource: about && { type: about.resourceType, name: about.resourceName },
  });
}

/**
 * Whether nobody answered: there is no connection, the time limit passed, or something on the way answered in the API's
 * place. What the API itself says has a reason.
 */
export function isUnanswered(refusal: ApiRefusal): boolean {
  return refusal.reason === "" && isAway(refusal);
}

/**
 * The cause alone of what gRPC says itself, without the times of the latest try: it stands in the status of resources,
 * which is written again whenever it differs.
 */
function withoutTheMoment(text: string): string {
  const cause = text.split("Last error: ").at(-1) ?? text;
  return cause
    .replace(/\.? Resolution note: .*$/, "")
    .replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/, "")
    .replace(/^Error: /, "")
    .replace(/^Deadline exceeded after .*$/, "no answer in time");
}

function readDetails(error: ServiceError): Status | undefined {
  const [bytes] = error.metadata.get(detailsKey);
  try {
    return bytes instanceof Buffer ? fromBinary(StatusSchema, bytes) : undefined;
  } catch {
    // Something between here and the API wrote it; the status stands all the same.
    return undefined;
  }
}
