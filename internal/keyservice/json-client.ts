import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";

export interface Answer {
  status: number;
  /** Empty when it was no JSON object. */
  body: Record<string, unknown>;
}

/** An answer within this or none, ms: somebody's call, or a delivery, is waiting. */
const timeoutMs = 3_000;
const maxAnswerBytes = 64 * 1024;

/**
 * Speaks JSON with one service whose address the operator wrote. Not internal/egress, which is for the addresses of
 * strangers: a key service is usually at a private address, which that one refuses on purpose.
 */
export class JsonClient {
  readonly #address: URL;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(address: string, ca?: string) {
    this.#address = new URL(address);
    const https = this.#address.protocol === "https:";
    this.#agent = https ? new HttpsAgent({ keepAlive: true, ...(ca && { ca }) }) : new HttpAgent({ keepAlive: true });
  }

  /** @throws Error when there is no whole answer in time. */
  async ask(method: "GET" | "POST", path: string, headers: Record<string, string>, content?: object): Promise<Answer> {
    const sent = content === undefined ? "" : JSON.stringify(content);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await this.#send(method, path, headers, sent, signal);
      return { status: response.statusCode ?? 0, body: await readJson(response) };
    } catch (error) {
      const why = signal.aborted ? `no answer within ${timeoutMs} ms` : (error as Error).message;
      throw new Error(`${this.#address.origin}: ${why}`, { cause: error });
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    headers: Record<string, string>,
    content: string,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const request = this.#address.protocol === "https:" ? requestHttps : requestHttp;
    const url = new URL(this.#address.pathname.replace(/\/$/, "") + path, this.#address);
    return new Promise((resolve, reject) => {
      const options = {
        method,
        agent: this.#agent,
        signal,
        headers: { ...headers, "content-type": "application/json" },
      };
      const sending = request(url, options, resolve);
      sending.on("error", (error: NodeJS.ErrnoException) => {
        // A kept connection that the service closed as it was used again: a new one tells how the service is.
        const closed = sending.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
        if (closed && !signal.aborted) resolve(this.#send(method, path, headers, content, signal));
        else reject(error);
      });
      sending.end(content);
    });
  }
}

async function readJson(response: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error(`an answer of more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
