import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

export interface ConnectProxy {
  port: number;
  /** `CONNECT 127.0.0.1:4000`, and what came with it, in the order they were asked. */
  asked: { line: string; headers: string }[];
  /** Refuses from now on with this head; undefined: connects. */
  refuse(head: string | undefined): void;
  close(): Promise<void>;
}

export interface ConnectProxyOptions {
  /** Any free one unless told. */
  port?: number;
  /** Files of its own certificate and key: it is spoken to over TLS. */
  tls?: { cert: string; key: string };
  /** Where it really connects to, whoever is asked for: `127.0.0.1:4000`. */
  leadsTo?: string;
  /** What happens instead of an answer. */
  onRequest?: (socket: Socket) => void;
}

/** A forward proxy for HTTP CONNECT (RFC 9110 §9.3.6), with real connections on both sides. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const sockets = new Set<Socket>();
  const asked: ConnectProxy["asked"] = [];
  let refusal: string | undefined;
  const serve = (socket: Socket) => {
    keep(socket);
    let head = "";
    const read = (chunk: Buffer) => {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.off("data", read);
      const [first = "", ...headers] = head.slice(0, end).split("\r\n");
      const [method, peer = ""] = first.split(" ");
      asked.push({ line: `${method} ${peer}`, headers: headers.join("\n") });
      if (options.onRequest) options.onRequest(socket);
      else if (refusal !== undefined) socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
      else join(socket, options.leadsTo ?? peer);
    };
    socket.on("data", read);
  };
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };
  const join = (socket: Socket, peer: string) => {
    const { hostname, port } = new URL(`http://${peer}`);
    const upstream = connect(Number(port || 80), hostname.replace(/^\[|\]$/g, ""));
    keep(upstream);
    upstream.once("connect", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
    upstream.once("error", () =>
      socket.end("HTTP/1.1 502 Bad Gateway\r\nProxy-Status: test; error=connection_refused\r\n\r\n"),
    );
    upstream.on("close", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
  };
  const { tls } = options;
  const server: Server = tls
    ? createTlsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, serve)
    : createTcpServer(serve);
  server.on("tlsClientError", () => {});
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    refuse(head) {
      refusal = head;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
