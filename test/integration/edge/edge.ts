import { serveHttp } from "../../../internal/gateway/server.ts";
import { CidrSet } from "../../../internal/network/cidr.ts";
import type { CallRecord } from "../../../internal/rpc/dispatch.ts";
import { serveGrpc } from "../../../internal/rpc/server.ts";
import { Door } from "../../../internal/tenancy/door.ts";
import type { ServerTls } from "../../../internal/tls/watched-certificate.ts";
import { type MemoryFlow, memoryFlow } from "./memory.ts";

export interface Edge extends MemoryFlow {
  /** `http://127.0.0.1:…`, or https with TLS */
  http: string;
  /** `127.0.0.1:…` */
  grpc: string;
  door: Door;
  calls: CallRecord[];
  logged: { details: Record<string, unknown>; message: string }[];
  notReady: { reason: string | undefined };
  grpcServer: Awaited<ReturnType<typeof serveGrpc>>;
  httpServer: Awaited<ReturnType<typeof serveHttp>>;
  close(): Promise<void>;
}

/** The real gRPC and HTTP servers on free ports, before a flow in memory. */
export async function startEdge(tls?: ServerTls): Promise<Edge> {
  const flow = memoryFlow();
  const door = new Door({
    authenticator: flow.authenticator,
    rateLimit: { take: async () => {} },
    trustedProxies: new CidrSet([]),
  });
  const calls: CallRecord[] = [];
  const logged: Edge["logged"] = [];
  const notReady: Edge["notReady"] = { reason: undefined };
  const options = {
    address: "127.0.0.1:0",
    tls,
    apis: flow.apis,
    door,
    refusals: flow.refusals,
    logger: { error: (details: Record<string, unknown>, message: string) => void logged.push({ details, message }) },
    hooks: { onCall: (record: CallRecord) => void calls.push(record) },
  };
  const grpcServer = await serveGrpc(options);
  const httpServer = await serveHttp({ ...options, readiness: () => notReady.reason });
  return {
    ...flow,
    door,
    calls,
    logged,
    notReady,
    grpcServer,
    httpServer,
    http: `http${tls ? "s" : ""}://127.0.0.1:${httpServer.port}`,
    grpc: `127.0.0.1:${grpcServer.port}`,
    async close() {
      await Promise.all([grpcServer.close(500), httpServer.close(500)]);
    },
  };
}
