import type { DescMethod } from "@bufbuild/protobuf";
import { DomainError } from "../domain/errors.ts";
import { EventService } from "./gen/sealpost/v1/event_pb.js";

/** One event, and every other request. */
export const maxRequestBytes = 256 * 1024;

/** A batch of events. */
export const maxBatchBytes = 4 * 1024 * 1024;

/** How many bytes a method's request may have on the wire. */
export function requestLimit(method: DescMethod): number {
  return method === EventService.method.batchPublishEvents ? maxBatchBytes : maxRequestBytes;
}

/** RESOURCE_EXHAUSTED for a request over its limit. */
export function requestTooLarge(limit: number): DomainError {
  return new DomainError(
    "RESOURCE_EXHAUSTED",
    "REQUEST_TOO_LARGE",
    `the request is larger than ${limit} bytes: send less, or a link instead of the content`,
  );
}
