import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createDispatch, type DispatchOptions } from "../rpc/dispatch.ts";
import type { Status } from "../rpc/gen/google/rpc/status_pb.js";
import { requestLimit } from "../rpc/limits.ts";
import type { Method } from "../rpc/method.ts";
import { requestIdHeader } from "../rpc/status.ts";
import { errorAnswer } from "./error-body.ts";
import { type HttpBinding, httpBindings } from "./http-rules.ts";
import { messageShape } from "./json-shape.ts";
import { requestReader } from "./request.ts";
import { responseWriter } from "./response-body.ts";

/** Adds a route for every binding of a method; they all lead to the method's one dispatch. */
export function addRoutes(
  server: FastifyInstance,
  method: Method,
  options: Omit<DispatchOptions<string>, "protocol" | "encode">,
): void {
  const encode = responseWriter(messageShape(method.descriptor.output));
  const dispatch = createDispatch<string>(method, { ...options, protocol: "http", encode });

  for (const binding of httpBindings(method.descriptor)) {
    const read = requestReader(method.descriptor, binding);
    const route = `${binding.verb} ${binding.template}`;
    server.route({
      method: binding.verb,
      url: fastifyPath(binding),
      bodyLimit: requestLimit(method.descriptor),
      config: { methodName: method.name },
      async handler(request, reply) {
        const { headers } = request;
        const outcome = await dispatch({
          route,
          requestId: request.id,
          authorization: headers.authorization,
          traceparent: header(headers["traceparent"]),
          peer: request.socket.remoteAddress ?? "",
          forwardedFor: headerValues(headers["x-forwarded-for"]),
          decode: () =>
            read({
              path: request.params as Record<string, string>,
              query: queryOf(request),
              body: request.body as Buffer | undefined,
              idempotencyKey: header(headers["idempotency-key"]),
            }),
        });
        return outcome.failure === undefined ? sendJson(reply, outcome.body) : sendFailure(reply, outcome.failure);
      },
    });
  }
}

/** JSON that nobody on the way may keep, because answers hold secrets; with the request's id. */
export function sendJson(reply: FastifyReply, body: string): FastifyReply {
  return reply
    .header("content-type", "application/json; charset=utf-8")
    .header("cache-control", "no-store")
    .header(requestIdHeader, reply.request.id)
    .send(body);
}

export function sendFailure(reply: FastifyReply, failure: Status): FastifyReply {
  const { status, headers, body } = errorAnswer(failure);
  return sendJson(reply.code(status).headers(headers), body);
}

function fastifyPath(binding: HttpBinding): string {
  return binding.template.replace(/\{([a-z0-9_]+)\}/g, ":$1");
}

function queryOf(request: FastifyRequest): string {
  const url = request.raw.url ?? "";
  const mark = url.indexOf("?");
  return mark < 0 ? "" : url.slice(mark + 1);
}

function headerValues(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** The API method behind a route; other routes have none. */
    methodName?: string;
  }
}
