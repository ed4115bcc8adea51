import type { DescMessage, DescMethod, DescMethodUnary, DescService, Message, MessageShape } from "@bufbuild/protobuf";
import type { Caller } from "../domain/caller.ts";

/** What a call brings besides its caller and its message. */
export interface CallContext {
  /** W3C trace context; undefined when absent or malformed. */
  traceparent: string | undefined;
}

/** One method of the API, the same for gRPC and HTTP. Messages in and out are protobuf-es messages. */
export interface Method {
  descriptor: DescMethodUnary;
  /** `sealpost.v1.EventService/PublishEvent`: as in the gRPC path, in metrics and in logs. */
  name: string;
  handle(caller: Caller, request: Message, context: CallContext): Promise<Message>;
}

interface GenMethods {
  [localName: string]: { input: DescMessage; output: DescMessage };
}

/** A service's implementation: one function a method, named as in the generated code. */
export type Handlers<Methods extends GenMethods> = {
  [Name in keyof Methods]: (
    caller: Caller,
    request: MessageShape<Methods[Name]["input"]>,
    context: CallContext,
  ) => Promise<MessageShape<Methods[Name]["output"]>>;
};

/**
 * Joins a service's description with its implementation.
 *
 * @throws Error when a method is not unary: HTTP could not call it.
 */
export function implement<Methods extends GenMethods>(
  service: DescService & { method: Methods },
  handlers: Handlers<Methods>,
): Method[] {
  return service.methods.map((descriptor: DescMethod) => {
    if (!isUnary(descriptor)) throw new Error(`${service.typeName}/${descriptor.name} is not unary`);
    const handle = handlers[descriptor.localName] as Method["handle"];
    return { descriptor, name: `${service.typeName}/${descriptor.name}`, handle };
  });
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A `traceparent` as received, or undefined when it is not one. */
export function readTraceparent(text: string | undefined): string | undefined {
  return text !== undefined && traceparentPattern.test(text) ? text : undefined;
}

/** The key in `Bearer <key>`; undefined when there is none. */
export function readBearer(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  return authorization.slice(7).trim() || undefined;
}
