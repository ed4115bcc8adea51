import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import { maxConnections, unfinishedLimits } from "../rpc/limits.ts";
import { type Connection, RequestBudget, type Shed } from "../rpc/request-budget.ts";
import type { ServerTls } from "../tls/watched-certificate.ts";

export interface ListenerOptions {
  tls: ServerTls | undefined;
  onShed(shed: Shed): void;
}

const limits = {
  // ms. Slow senders hold connections and what they have sent; a request line and headers are one packet or two.
  headersTimeout: 10_000,
  requestTimeout: unfinishedLimits.withinMs,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 72_000,
  // Node's own, written down because it is promised: request line and headers together, 431 above.
  maxHeaderSize: 16 * 1024,
};

/** ms. Who does not shake hands in this time holds a connection for nothing. */
const handshakeTimeout = 10_000;

/** The server below the routes. With TLS, new connections have the certificate that is current. */
export function createListener(handler: RequestListener, { tls, onShed }: ListenerOptions): Server {
  const server = tls === undefined ? createServer(limits) : secureServer(tls);
  server.maxConnections = maxConnections;
  const budget = new RequestBudget(unfinishedLimits, onShed);
  const connections = new WeakMap<Socket, Connection>();
  server.on("request", (request, response) => watchBody(request, response, { budget, connections }));
  server.on("request", handler);
  server.on("close", () => budget.stop());
  return server;
}

function secureServer(tls: ServerTls): Server {
  const asked = { requestCert: tls.asksClients, rejectUnauthorized: tls.asksClients };
  const server = createSecureServer({ ...limits, handshakeTimeout, ...asked, ...tls.context });
  // Connections that are open, and the requests on them, keep the certificate they began with.
  tls.onChange((context) => server.setSecureContext(context));
  return server;
}

/** Counts a body against what unfinished requests may hold, until it is whole. */
function watchBody(
  request: IncomingMessage,
  response: ServerResponse,
  { budget, connections }: { budget: RequestBudget; connections: WeakMap<Socket, Connection> },
): void {
  const { headers, socket } = request;
  if (headers["transfer-encoding"] === undefined && !(Number(headers["content-length"]) > 0)) return;
  let connection = connections.get(socket);
  if (connection === undefined) {
    connection = { peer: socket.remoteAddress ?? "unknown", close: () => socket.destroy() };
    connections.set(socket, connection);
  }
  const before = socket.bytesRead;
  // Node itself answers 408 to what is late.
  const unfinished = { connection, held: () => socket.bytesRead - before, expire: () => {} };
  budget.begin(unfinished);
  const end = () => budget.end(unfinished);
  request.once("end", end);
  // Also of one whose body nobody wanted: what still comes of it is thrown away.
  response.once("close", end);
}
