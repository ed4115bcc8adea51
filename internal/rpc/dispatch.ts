import type { Message } from "@bufbuild/protobuf";
import type { RefusalLog } from "../audit/api.ts";
import type { Caller } from "../domain/caller.ts";
import { DomainError } from "../domain/errors.ts";
import type { Door } from "../tenancy/door.ts";
import { accessOf } from "./access.ts";
import type { Status } from "./gen/google/rpc/status_pb.js";
import { type Method, readBearer, readTraceparent } from "./method.ts";
import { namedResources } from "./named-resources.ts";
import type { Shed } from "./request-budget.ts";
import { type EdgeLogger, failureStatus, statusName } from "./status.ts";
import { checkMessage, compileChecks } from "./validation.ts";

/** What a protocol hands over of a call; the message is decoded only once the caller is known and allowed. */
export interface IncomingCall {
  /** The `authorization` header or metadata. */
  authorization: string | undefined;
  traceparent: string | undefined;
  /** Over HTTP: `POST /v1/events`, as declared. */
  route?: string;
  /** Given back with the answer, as x-request-id. */
  requestId: string;
  /** The network address of the other end of the connection. */
  peer: string;
  /** Every `X-Forwarded-For` header or metadata, in the order in which they came. */
  forwardedFor: readonly string[];
  /** @throws DomainError when the bytes are not the method's request. */
  decode(): Message;
}

export type CallOutcome<Body> =
  | { body: Body; failure?: undefined; reason?: undefined }
  | { body?: undefined; failure: Status; reason: string };

/** One finished call, for metrics. */
export interface CallRecord {
  protocol: "grpc" | "http";
  /** `sealpost.v1.EventService/PublishEvent` */
  method: string;
  /** `OK` or the status' name. */
  code: string;
  /** Why it failed, as the caller is told: one of the reasons that stand in the code; undefined when it did not. */
  reason: string | undefined;
  seconds: number;
}

/** A connection that was closed because it held more than its share. */
export interface ShedConnection extends Shed {
  protocol: "grpc" | "http";
}

export interface CallHooks {
  onCall?(record: CallRecord): void;
  onShed?(connection: ShedConnection): void;
  /** A call begins; what it leads to follows from the trace that is answered. */
  trace?(call: TracedCall): CallTrace;
}

export interface TracedCall {
  protocol: "grpc" | "http";
  /** `sealpost.v1.EventService/PublishEvent` */
  method: string;
  /** Over HTTP: `POST /v1/events`, as declared. */
  route: string | undefined;
  /** W3C trace context of the caller; undefined when absent or malformed. */
  traceparent: string | undefined;
}

export interface CallTrace {
  /** W3C trace context of the call itself. */
  traceparent: string | undefined;
  /** The call is answered with this status: `OK` or its name. */
  end(code: string): void;
}

export interface DispatchOptions<Body> {
  protocol: "grpc" | "http";
  /** The answer as the protocol writes it. */
  encode(response: Message): Body;
  door: Pick<Door, "identify" | "admit">;
  refusals: RefusalLog;
  logger: EdgeLogger;
  hooks?: CallHooks | undefined;
}

/**
 * The one way into a method, for every protocol: through the door, then decode, validate, handle, encode. A management
 * operation that ends otherwise is put into the audit log before it is answered; one that is done, its change has put
 * there.
 * The function it makes never rejects: failures come back as the status to answer with.
 */
export function createDispatch<Body>(
  method: Method,
  options: DispatchOptions<Body>,
): (call: IncomingCall) => Promise<CallOutcome<Body>> {
  const { protocol, encode, door, refusals, logger, hooks } = options;
  const { input } = method.descriptor;
  const access = accessOf(method.descriptor);
  const named = namedResources(input);
  compileChecks(input);

  async function handle(call: IncomingCall): Promise<CallOutcome<Body>> {
    const { peer, forwardedFor, requestId } = call;
    const { name } = method;
    let caller: Caller | undefined;
    let request: Message | undefined;
    try {
      const key = readBearer(call.authorization);
      const visitor = await door.identify({ key, peer, forwardedFor, requestId, method: name });
      caller = visitor.caller;
      await door.admit(visitor, access);
      request = call.decode();
      checkMessage(input, request);
      const context = { traceparent: readTraceparent(call.traceparent) };
      return { body: encode(await method.handle(caller, request, context)) };
    } catch (error) {
      // Who is not known belongs to no company; what it was about is told also where the door read nothing.
      if (caller && access?.operation === "CHANGE") {
        const about = request ?? decoded(call);
        await refusals.add(caller, about === undefined ? [] : named(about), error);
      }
      const { traceparent } = call;
      const failure = failureStatus(error, logger, { method: name, requestId, traceparent });
      return { failure, reason: error instanceof DomainError ? error.reason : "INTERNAL" };
    }
  }

  if (!hooks) return handle;
  return async (call) => {
    const start = performance.now();
    const traceparent = readTraceparent(call.traceparent);
    const trace = hooks.trace?.({ protocol, method: method.name, route: call.route, traceparent });
    const outcome = await handle(trace ? { ...call, traceparent: trace.traceparent } : call);
    const code = statusName(outcome.failure?.code ?? 0);
    trace?.end(code);
    const seconds = (performance.now() - start) / 1000;
    hooks.onCall?.({ protocol, method: method.name, code, reason: outcome.reason, seconds });
    return outcome;
  };
}

/** Undefined: the bytes are no request of the method. */
function decoded(call: IncomingCall): Message | undefined {
  try {
    return call.decode();
  } catch {
    return undefined;
  }
}
