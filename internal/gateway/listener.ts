import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { ServerTls } from "../tls/watched-certificate.ts";

/** A request must be whole within this time, so that slow senders cannot hold connections. */
const limits = { requestTimeout: 30_000, keepAliveTimeout: 72_000 };

/** The server below the routes. With TLS, new connections have the certificate that is current. */
export function createListener(handler: RequestListener, tls: ServerTls | undefined): Server {
  if (tls === undefined) return createServer(limits, handler);
  const asked = { requestCert: tls.asksClients, rejectUnauthorized: tls.asksClients };
  const server = createSecureServer({ ...limits, ...asked, ...tls.context }, handler);
  // Connections that are open, and the requests on them, keep the certificate they began with.
  tls.onChange((context) => server.setSecureContext(context));
  return server;
}
