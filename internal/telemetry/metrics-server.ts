import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics.ts";

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Options {
  port: number;
  /** The address to listen on; all of them unless told. */
  host?: string;
  metrics: Pick<Metrics, "text" | "contentType">;
  /** Why this process should get no work now; undefined when it is ready. */
  notReady: () => string | undefined;
  /** Why this process should be killed; undefined when it is well. */
  notLive?: () => string | undefined;
}

/**
 * Serves `/metrics`; `/healthz` and `/livez`, which answer as long as this process turns; and `/readyz`.
 * @throws Error that names the variable when the port is taken.
 */
export async function serveMetrics({
  port,
  host,
  metrics,
  notReady,
  notLive = () => undefined,
}: Options): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split("?", 1)[0];
    const answer = (status: number, body: string, type = "text/plain; charset=utf-8") =>
      void response.writeHead(status, { "content-type": type }).end(body);
    if (path === "/metrics") {
      metrics.text().then(
        (text) => answer(200, text, metrics.contentType),
        (error: unknown) => answer(500, `metrics could not be read: ${String(error)}\n`),
      );
    } else if (path === "/healthz" || path === "/livez") {
      const reason = notLive();
      answer(reason === undefined ? 200 : 500, `${reason ?? "ok"}\n`);
    } else if (path === "/readyz") {
      const reason = notReady();
      answer(reason === undefined ? 200 : 503, `${reason ?? "ok"}\n`);
    } else answer(404, "there are /metrics, /healthz, /livez and /readyz\n");
  });
  await listen(server, port, host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      reject(
        taken ? new Error(`port ${port} is taken: set METRICS_PORT to another one, or to 0 for any`, { cause }) : cause,
      );
    });
    server.listen(port, host, resolve);
  });
}
