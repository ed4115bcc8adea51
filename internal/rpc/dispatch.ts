import type { Message } from "@bufbuild/protobuf";
import type { RefusalLog } from "../audit/api.ts";
import type { Caller } from "../domain/caller.ts";
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
  /** Given back with the answer, as x-request-id. */
  requestId: string;
  /** The network address of the other end of the connection. */
  peer: string;
  /** Every `X-Forwarded-For` header or metadata, in the order in which they came. */
  forwardedFor: readonly string[];
  /** @throws DomainError when the bytes are not the method's request. */
  decode(): Message;
}

export type CallOutcome<Body> = { body: Body; failure?: undefined } | { body?: undefined; failure: Status };

/** One finished call, for metrics. */
export interface CallRecord {
  protocol: "grpc" | "http";
  /** `sealpost.v1.EventService/PublishEvent` */
  method: string;
  /** `OK` or the status' name. */
  code: string;
  seconds: number;
}

/** A connection that was closed because it held more than its share. */
export interface ShedConnection extends Shed {
  protocol: "grpc" | "http";
}

export interface CallHooks {
  onCall?(record: CallRecord): void;
  onShed?(connection: ShedConnection): void;
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
      return { failure: failureStatus(error, logger, { method: name, requestId }) };
    }
  }

  const onCall = hooks?.onCall?.bind(hooks);
  if (!onCall) return handle;
  return async (call) => {
    const start = performance.now();
    const outcome = await handle(call);
    const seconds = (performance.now() - start) / 1000;
    onCall({ protocol, method: method.name, code: statusName(outcome.failure?.code ?? 0), seconds });
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
