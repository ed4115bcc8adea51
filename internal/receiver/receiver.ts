import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { KnownSecrets } from "./known-secrets.ts";
import { type ReceivedRequest, receivedRequest } from "./received-request.ts";
import { play, sicknessOf, sickPaths } from "./sickness.ts";
import { verify } from "./verify.ts";

export interface ReceiverOptions {
  /** 0 for any free one. */
  port: number;
  address: string;
  secrets: KnownSecrets;
  /** A sick path that is played on every request whose own path asks for none; empty for healthy. */
  sick: string;
  /** Answers 401 to what is not verified, as a receiver in earnest does. */
  strict: boolean;
  /** Called for every request, before it is answered; `plays` is the sickness, or empty. */
  onRequest(request: ReceivedRequest, plays: string): void;
}

export interface RunningReceiver {
  port: number;
  /** Ends the server and every connection at once. */
  close(): void;
}

/** What `GET /requests` can show. */
const keptRequests = 1000;
/** Four times the largest event. */
const maxBodyBytes = 1024 * 1024;

/**
 * Receives webhooks: verifies and reports them, keeps the latest, and plays sick when a path asks for it.
 * @throws {Error} with `code` EADDRINUSE and the like when it cannot listen.
 */
export async function startReceiver(options: ReceiverOptions): Promise<RunningReceiver> {
  const kept: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    response.on("error", () => {});
    void handle(incoming, response, options, kept);
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function handle(
  incoming: IncomingMessage,
  response: ServerResponse,
  { secrets, sick, strict, onRequest }: ReceiverOptions,
  kept: ReceivedRequest[],
): Promise<void> {
  const { method = "", url: path = "/" } = incoming;
  const read = await readBody(incoming);
  if (read === "gone") return;
  incoming.resume();
  if (read === "too large") return void response.writeHead(413, { connection: "close" }).end("more than 1 MiB\n");
  if (method === "GET" && path === "/requests") {
    response.setHeader("content-type", "application/json");
    return void response.end(JSON.stringify(kept));
  }
  if (method === "GET" || method === "HEAD") return void response.end(help);

  const body = read.text;
  const headers = headersOf(incoming);
  const request = receivedRequest(
    { method, path, headers, body },
    verify(secrets.current(), headers, body),
    new Date(),
  );
  kept.push(request);
  if (kept.length > keptRequests) kept.shift();
  const own = sicknessOf(path);
  const played = own ?? sicknessOf(sick);
  onRequest(request, own ? path : played ? sick : "");
  if (played && (await play(played, response))) return;
  if (!strict || request.verified) response.end("ok\n");
  else response.writeHead(401).end(`not verified: ${request.reason}\n`);
}

async function readBody(incoming: IncomingMessage): Promise<{ text: string } | "gone" | "too large"> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) return "too large";
      chunks.push(chunk);
    }
  } catch {
    // The sender broke off.
    return "gone";
  }
  return { text: Buffer.concat(chunks).toString("utf8") };
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  const all = Object.entries(incoming.headers);
  return Object.fromEntries(
    all.map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

function listen(server: Server, { port, address }: ReceiverOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
}

const help = `This receives webhooks: POST to any path. GET /requests shows the last ${keptRequests} as JSON.
Paths that play sick: ${sickPaths}
`;
