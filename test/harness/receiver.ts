import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** When the last byte of the body was here; ms since the epoch. */
  receivedAt: number;
}

export interface Receiver {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Every request whose body was read, in the order of arrival. */
  requests: ReceivedRequest[];
  /** Ends the server and every connection. */
  close(): Promise<void>;
}

type Handler = (request: ReceivedRequest, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server that records every request, then lets `handler` answer; without one, 200. */
export async function startReceiver(
  handler: Handler = (_request, response) => void response.end(),
  port = 0,
): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("error", () => {});
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const request = { method, path: url, headers, body: Buffer.concat(chunks), receivedAt: Date.now() };
      requests.push(request);
      void handler(request, response);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
