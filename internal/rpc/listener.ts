import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Server, ServerCredentials } from "@grpc/grpc-js";
import { maxConnections } from "./limits.ts";

export interface Listener {
  port: number;
  /** Takes no new connections, and resolves when those there are have ended. */
  close(): Promise<void>;
  /** Ends the connections there are, also those that are still shaking hands. */
  endAll(): void;
}

/**
 * Listens for a gRPC server. The sockets are taken here and handed to grpc-js, which has no bound on connections.
 *
 * @param address `host:port`; port 0 is any free one
 * @throws Error with `code` EADDRINUSE and the address when the port is taken
 */
export async function listen(address: string, server: Server, credentials: ServerCredentials): Promise<Listener> {
  const { injectConnection } = server.createConnectionInjector(credentials);
  const open = new Set<Socket>();
  const sockets = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    injectConnection(socket);
  });
  sockets.maxConnections = maxConnections;
  const url = new URL(`http://${address}`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  sockets.once("error", reject);
  sockets.listen({ host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80) }, resolve);
  try {
    await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const failure = new Error(`${address} is taken: stop what listens there, or choose another port`, { cause: error });
    throw Object.assign(failure, { code: "EADDRINUSE" });
  }
  return {
    port: (sockets.address() as AddressInfo).port,
    close: () => new Promise((resolve) => sockets.close(() => resolve())),
    endAll() {
      for (const socket of open) socket.destroy();
    },
  };
}
