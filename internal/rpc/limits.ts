import type { DescMethod } from "@bufbuild/protobuf";
import { DomainError } from "../domain/errors.ts";
import { EventService } from "./gen/sealpost/v1/event_pb.js";
import type { RequestLimits } from "./request-budget.ts";

/** One event, and every other request. */
export const maxRequestBytes = 256 * 1024;

/** A batch of events. */
export const maxBatchBytes = 4 * 1024 * 1024;

/** Connections to one port at once; further ones are closed unanswered. An idle one costs about 10 KiB. */
export const maxConnections = 2_000;

/**
 * What the requests of a port that are not whole yet may hold together. Whoever sends them is not known by a key yet:
 * this is what strangers can make the process hold.
 */
export const unfinishedLimits: RequestLimits = {
  // A slow sender holds what it has sent so far.
  withinMs: 30_000,
  // Clients send a call's head and body in one go: of honest ones no more are open than one read of a socket brings, a
  // few hundred. An idle one costs about 9 KiB.
  requests: 4_000,
  // 32 of the largest batches.
  bytes: 128 * 2 ** 20,
};

/** What all open gRPC streams may hold, health watches and calls that wait for the record included. */
export const openLimits: RequestLimits = {
  withinMs: Number.POSITIVE_INFINITY,
  // Ten publishers that use all the streams of a connection.
  requests: 10_000,
  bytes: Number.POSITIVE_INFINITY,
};

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
