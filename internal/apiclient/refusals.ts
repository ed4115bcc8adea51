import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack, durationMs } from "@bufbuild/protobuf/wkt";
import grpc, { type ServiceError } from "@grpc/grpc-js";
import { ApiRefusal } from "../controller/ports.ts";
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
    message: error.details,
    retryAfterMs: retry?.retryDelay && durationMs(retry.retryDelay),
    resource: about && { type: about.resourceType, name: about.resourceName },
  });
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
