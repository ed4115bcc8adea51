import { readFileSync, writeFileSync } from "node:fs";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { createServer, request as secureRequest } from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { Duplex } from "node:stream";
import type { Cluster } from "./cluster.ts";
import { temporaryFolder } from "./temporary.ts";

/** What happens to a request instead of reaching the API server; `line`: it comes before what the API server sends. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: string }
  | "reset"
  | "hang"
  | { line: string };

export interface KubeProxy extends AsyncDisposable {
  /** A file like the cluster's own, which leads here. */
  readonly kubeconfig: string;
  readonly url: string;
  /** Every request that came, `GET /api/v1/…`. */
  readonly requests: string[];
  /** How many connections were made to it. */
  readonly connections: number;
  /** Asked for every request; undefined lets it pass. */
  fault: (method: string, path: string) => Fault | undefined;
  /** A file like another one of the cluster, which leads here. */
  through(kubeconfig: string): string;
  /** Breaks every connection there is. */
  cut(): void;
}

/** Stands between a client and the real API server, with that one's certificate, and injects faults. */
export async function startKubeProxy(cluster: Cluster): Promise<KubeProxy> {
  const pki = (file: string) => readFileSync(path.join(path.dirname(cluster.kubeconfig), "pki", file));
  const open = new Set<Duplex>();
  const requests: string[] = [];
  let connections = 0;

  const server = createServer({ cert: pki("apiserver.crt"), key: pki("apiserver.key") }, (asked, answer) => {
    const { method = "", url = "" } = asked;
    requests.push(`${method} ${url}`);
    const fault = proxy.fault(method, url);
    if (fault === undefined) forward(asked, answer);
    else if (fault === "reset") asked.socket.destroy();
    else if (fault === "hang") asked.resume();
    else if ("line" in fault) forward(asked, answer, fault.line);
    else void answer.writeHead(fault.status, fault.headers).end(fault.body);
  });
  server.on("secureConnection", (socket) => {
    connections++;
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });

  function forward(asked: IncomingMessage, answer: ServerResponse, line?: string): void {
    const options = { method: asked.method ?? "GET", headers: asked.headers, ca: cluster.authority };
    const onward: ClientRequest = secureRequest(`${cluster.url}${asked.url}`, options, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      if (line !== undefined) answer.write(`${line}\n`);
      answered.pipe(answer);
      answered.once("error", () => answer.destroy());
    });
    onward.once("error", () => answer.destroy());
    answer.once("close", () => onward.destroy());
    asked.pipe(onward);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const through = (kubeconfig: string): string => {
    const file = path.join(temporaryFolder("kube-proxy"), "kubeconfig");
    writeFileSync(file, readFileSync(kubeconfig, "utf8").replaceAll(cluster.url, url), { mode: 0o600 });
    return file;
  };
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  const proxy: KubeProxy = {
    kubeconfig: through(cluster.kubeconfig),
    through,
    url,
    requests,
    get connections() {
      return connections;
    },
    fault: () => undefined,
    cut,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
  return proxy;
}
