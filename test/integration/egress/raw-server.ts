import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

export interface RawServer {
  port: number;
  /** `http://localhost:<port>/hook` */
  url: string;
  /** Requests that arrived whole. */
  requests: number;
  /** Connections accepted so far. */
  connections: number;
  /** Those that are open. */
  sockets: Set<Socket>;
  close(): Promise<void>;
}

/**
 * A server that speaks no HTTP by itself: `onRequest` writes whatever it likes once a request has arrived whole,
 * `onConnection` as soon as somebody connects.
 */
export async function startRawServer(handlers: {
  onRequest?: (socket: Socket, number: number) => void;
  onConnection?: (socket: Socket) => void;
  /** 127.0.0.1 unless told, and any free port. */
  host?: string;
  port?: number;
}): Promise<RawServer> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    raw.connections++;
    raw.sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => raw.sockets.delete(socket));
    socket.on("end", () => socket.end());
    handlers.onConnection?.(socket);
    if (!handlers.onRequest) return;
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const end = wholeRequest(received);
      if (end === undefined) return;
      received = received.subarray(end);
      handlers.onRequest?.(socket, ++raw.requests);
    });
  });
  server.listen(handlers.port ?? 0, handlers.host ?? "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const raw: RawServer = {
    port,
    url: `http://localhost:${port}/hook`,
    requests: 0,
    connections: 0,
    sockets: new Set(),
    async close() {
      for (const socket of raw.sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return raw;
}

/** Where the first request ends, when it is there. */
function wholeRequest(received: Buffer): number | undefined {
  const head = received.indexOf("\r\n\r\n");
  if (head < 0) return undefined;
  const length = /content-length: (\d+)/i.exec(received.toString("latin1", 0, head));
  const end = head + 4 + Number(length?.[1] ?? 0);
  return received.length >= end ? end : undefined;
}

/** Writes `text` again and again until the socket closes, as fast as the peer takes it or every `everyMs`. */
export function writeForever(socket: Socket, text: string, everyMs?: number): void {
  if (everyMs !== undefined) {
    const timer = setInterval(() => socket.write(text), everyMs);
    socket.on("close", () => clearInterval(timer));
    return;
  }
  // In large pieces: the peer shares this process, and has its turn when the socket is full.
  const piece = text.repeat(Math.ceil(64_000 / text.length));
  const pump = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", pump);
  pump();
}
