import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface JsonAnswer {
  status: number;
  body: object;
}

export interface JsonService {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** How the service misbehaves from now on: answers an error, or not at all; undefined: it works. */
  fault: JsonAnswer | "silent" | undefined;
  /** Breaks off the connection of the next request, once. */
  resetNext: boolean;
  /** How long an answer takes, ms. */
  delayMs: number;
  /** How many requests came. */
  asked: number;
  close(): Promise<void>;
}

/** A real HTTP server that speaks JSON as `answer` says, and misbehaves when it is told to. */
export async function startJsonService(
  answer: (request: IncomingMessage, body: Record<string, unknown>) => JsonAnswer,
): Promise<JsonService> {
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      service.asked++;
      if (service.fault === "silent") return;
      if (service.resetNext) {
        service.resetNext = false;
        incoming.socket.destroy();
        return;
      }
      const text = Buffer.concat(chunks).toString("utf8");
      const { status, body } = service.fault ?? answer(incoming, text === "" ? {} : JSON.parse(text));
      const send = () => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      setTimeout(send, service.delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const service: JsonService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: undefined,
    resetNext: false,
    delayMs: 0,
    asked: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return service;
}
