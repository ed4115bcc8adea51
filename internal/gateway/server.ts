import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import fastify, { type FastifyInstance } from "fastify";
import type { RefusalLog } from "../audit/api.ts";
import { DomainError } from "../domain/errors.ts";
import { projectPath } from "../rpc/definitions.ts";
import type { CallHooks } from "../rpc/dispatch.ts";
import { maxRequestBytes } from "../rpc/limits.ts";
import { apiMethods, type EdgeApis } from "../rpc/methods.ts";
import { type EdgeLogger, failureStatus, statusName } from "../rpc/status.ts";
import type { Door } from "../tenancy/door.ts";
import type { ServerTls } from "../tls/watched-certificate.ts";
import { refusedByServer, unknownRoute, unsupportedMediaType } from "./failures.ts";
import { createListener } from "./listener.ts";
import { addRoutes, sendFailure, sendJson } from "./routes.ts";
import { answerUnreadable } from "./unreadable.ts";

export interface HttpServerOptions {
  /** `host:port`; port 0 is any free one. */
  address: string;
  apis: EdgeApis;
  door: Pick<Door, "identify" | "admit">;
  refusals: RefusalLog;
  logger: EdgeLogger;
  hooks?: CallHooks;
  /** Without it, plain text. */
  tls?: ServerTls | undefined;
  /** For /readyz: why the process should get no calls now; undefined when it should. */
  readiness?: () => string | undefined | Promise<string | undefined>;
}

export interface HttpServer {
  port: number;
  /** Takes no new connections and waits for requests under way, at most `graceMs` (10 s); then ends what is left. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves the API as HTTP/JSON, with /healthz, /readyz and /openapi.json.
 *
 * @throws Error with `code` EADDRINUSE and the address when the port is taken
 */
export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer(options);
  for (const method of apiMethods(options.apis, options.logger)) addRoutes(server, method, options);
  addOwnRoutes(server, options, await readFile(projectPath("docs/openapi.json"), "utf8"));
  const url = new URL(`http://${options.address}`);
  try {
    await server.listen({ host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const failure = new Error(`${options.address} is taken: stop what listens there, or choose another port`, {
      cause: error,
    });
    throw Object.assign(failure, { code: "EADDRINUSE" });
  }
  return {
    port: (server.server.address() as { port: number }).port,
    async close(graceMs = 10_000) {
      const timer = setTimeout(() => server.server.closeAllConnections(), graceMs);
      await server.close();
      clearTimeout(timer);
    },
  };
}

function createServer({ logger, hooks, tls }: HttpServerOptions): FastifyInstance {
  const server = fastify({
    // Made here: a caller's own would let it write into the logs and records of others.
    genReqId: () => randomUUID(),
    serverFactory: (handler) =>
      createListener(handler, { tls, onShed: (shed) => hooks?.onShed?.({ protocol: "http", ...shed }) }),
    clientErrorHandler: answerUnreadable,
    bodyLimit: maxRequestBytes,
    // Calls that arrive on open connections while draining are served; their connection closes after.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 512, querystringParser: () => ({}) },
    frameworkErrors: (error, request, reply) => {
      sendFailure(
        reply,
        failureStatus(refusedByServer(error, maxRequestBytes), logger, { method: request.url, requestId: request.id }),
      );
    },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const encoding = request.headers["content-encoding"] ?? "identity";
    if (encoding === "identity") done(null, body);
    else done(unsupportedMediaType(`content-encoding ${encoding} is not taken: send the body as it is`));
  });
  server.setErrorHandler((error, request, reply) => {
    const { methodName } = request.routeOptions.config;
    const refused = refusedByServer(error, request.routeOptions.bodyLimit ?? maxRequestBytes);
    const failure = failureStatus(refused, logger, { method: methodName ?? request.url, requestId: request.id });
    if (methodName !== undefined) {
      hooks?.onCall?.({
        protocol: "http",
        method: methodName,
        code: statusName(failure.code),
        reason: refused instanceof DomainError ? refused.reason : "INTERNAL",
        seconds: reply.elapsedTime / 1000,
      });
    }
    return sendFailure(reply, failure);
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] as string;
    return sendFailure(
      reply,
      failureStatus(unknownRoute(request.method, path), logger, { method: path, requestId: request.id }),
    );
  });
  return server;
}

function addOwnRoutes(server: FastifyInstance, { readiness }: HttpServerOptions, openApi: string): void {
  server.get("/healthz", (_request, reply) => sendJson(reply, '{"status":"ok"}'));
  server.get("/readyz", async (_request, reply) => {
    const reason = await readiness?.();
    if (reason === undefined) return sendJson(reply, '{"status":"ready"}');
    return sendJson(reply.code(503), JSON.stringify({ status: "not ready", reason }));
  });
  server.get("/openapi.json", (_request, reply) => sendJson(reply, openApi));
}
