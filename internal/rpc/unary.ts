import { randomUUID } from "node:crypto";
import { fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type handleUnaryCall, Metadata, type ServiceError, type sendUnaryData } from "@grpc/grpc-js";
import { DomainError } from "../domain/errors.ts";
import { type CallOutcome, createDispatch, type DispatchOptions } from "./dispatch.ts";
import { StatusSchema } from "./gen/google/rpc/status_pb.js";
import { requestLimit, requestTooLarge } from "./limits.ts";
import type { Method } from "./method.ts";
import { requestIdHeader } from "./status.ts";

/** A method as grpc-js calls it: bytes in, bytes out. */
export function unaryHandler(
  method: Method,
  options: Omit<DispatchOptions<Buffer>, "protocol" | "encode">,
): handleUnaryCall<Buffer, Buffer> {
  const { input, output } = method.descriptor;
  const limit = requestLimit(method.descriptor);

  const dispatch = createDispatch<Buffer>(method, {
    ...options,
    protocol: "grpc",
    encode(response) {
      const bytes = toBinary(output, response);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
  });

  function decode(bytes: Buffer): Message {
    if (bytes.length > limit) throw requestTooLarge(limit);
    try {
      return fromBinary(input, bytes);
    } catch (error) {
      const reason = (error as Error).message;
      throw new DomainError(
        "INVALID_ARGUMENT",
        "UNDECODABLE_REQUEST",
        `these bytes are no ${input.typeName} in UTF-8 (${reason}): encode with the published .proto files`,
      );
    }
  }

  return (call, callback) => {
    const requestId = randomUUID();
    void dispatch({
      requestId,
      authorization: firstValue(call.metadata, "authorization"),
      traceparent: firstValue(call.metadata, "traceparent"),
      peer: hostOf(call.getPeer()),
      forwardedFor: call.metadata.get("x-forwarded-for").map(String),
      decode: () => decode(call.request),
    }).then((outcome) => answer(outcome, requestId, callback));
  };
}

function answer({ body, failure }: CallOutcome<Buffer>, requestId: string, callback: sendUnaryData<Buffer>): void {
  const trailer = new Metadata();
  trailer.set(requestIdHeader, requestId);
  if (failure === undefined) return callback(null, body, trailer);
  trailer.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, failure)));
  callback({ code: failure.code, details: failure.message, metadata: trailer } satisfies Partial<ServiceError>);
}

function firstValue(metadata: Metadata, name: string): string | undefined {
  const value = metadata.get(name)[0];
  return typeof value === "string" ? value : undefined;
}

/** The address in `address:port` or `[address]:port`. */
function hostOf(peer: string): string {
  return peer.slice(0, peer.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}
