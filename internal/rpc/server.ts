import type { DescService } from "@bufbuild/protobuf";
import { Server, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { RefusalLog } from "../audit/api.ts";
import type { Door } from "../tenancy/door.ts";
import type { ServerTls } from "../tls/watched-certificate.ts";
import { serverCredentials } from "./credentials.ts";
import { loadDefinitions } from "./definitions.ts";
import type { CallHooks } from "./dispatch.ts";
import { Health } from "./gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "./gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "./gen/grpc/reflection/v1alpha/reflection_pb.js";
import { maxBatchBytes } from "./limits.ts";
import { listen } from "./listener.ts";
import { apiMethods, type EdgeApis } from "./methods.ts";
import { reflection } from "./reflection.ts";
import type { EdgeLogger } from "./status.ts";
import { watchStreams } from "./stream-watch.ts";
import { unaryHandler } from "./unary.ts";

export interface GrpcServerOptions {
  /** `host:port`; port 0 is any free one. */
  address: string;
  apis: EdgeApis;
  door: Pick<Door, "identify" | "admit">;
  refusals: RefusalLog;
  logger: EdgeLogger;
  hooks?: CallHooks;
  /** Without it, plain text. */
  tls?: ServerTls | undefined;
  /** Whether the server describes itself to grpcurl and the like; true unless said otherwise. */
  reflection?: boolean;
}

export interface GrpcServer {
  port: number;
  /** What the health service answers; true from the start. */
  setServing(serving: boolean): void;
  /** Refuses new calls and waits for those under way, at most `graceMs` (10 s); then ends what is left. */
  close(graceMs?: number): Promise<void>;
}

const channelOptions = {
  "grpc.max_receive_message_length": maxBatchBytes,
  // One publisher on one connection must be able to keep the group commit (500 rows) full; what the streams of all
  // connections hold is bounded in stream-watch.ts.
  "grpc.max_concurrent_streams": 1000,
  // A dead peer is noticed within 80 s.
  "grpc.keepalive_time_ms": 60_000,
  "grpc.keepalive_timeout_ms": 20_000,
  // Connections move to other replicas.
  "grpc.max_connection_age_ms": 30 * 60_000,
  "grpc.max_connection_age_grace_ms": 60_000,
};

/**
 * Serves the API over gRPC, with health and reflection.
 *
 * @throws Error with `code` EADDRINUSE and the address when the port is taken
 */
export async function serveGrpc(options: GrpcServerOptions): Promise<GrpcServer> {
  const methods = apiMethods(options.apis, options.logger);
  const services = [...new Set(methods.map((method) => method.descriptor.parent))];
  const reflectors = options.reflection === false ? [] : [ServerReflection, ServerReflectionAlpha];
  const definitions = loadDefinitions([...services, ...reflectors]);
  const server = new Server(channelOptions);
  const add = (service: DescService, implementation: UntypedServiceImplementation) => {
    const definition = definitions.get(service.typeName);
    if (definition) server.addService(definition, implementation);
  };

  for (const service of services) {
    const own = methods.filter((method) => method.descriptor.parent === service);
    add(service, Object.fromEntries(own.map((method) => [method.descriptor.name, unaryHandler(method, options)])));
  }
  const names = ["", ...services.map((service) => service.typeName)];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, "SERVING" as const])));
  health.addToServer(server);
  const reflected = reflection([...services, Health, ...reflectors]);
  for (const reflector of reflectors) add(reflector, reflected);

  const setServing = (serving: boolean) => {
    for (const name of names) health.setStatus(name, serving ? "SERVING" : "NOT_SERVING");
  };
  const listener = await listen(options.address, server, serverCredentials(options.tls));
  const endWatch = watchStreams(listener.port, (shed) => options.hooks?.onShed?.({ protocol: "grpc", ...shed }));
  return {
    port: listener.port,
    setServing,
    async close(graceMs = 10_000) {
      setServing(false);
      const ended = listener.close();
      // Streams that never end (health watches, reflection) would hold the drain for ever.
      const timer = setTimeout(() => listener.endAll(), graceMs);
      server.tryShutdown(() => {});
      await ended;
      clearTimeout(timer);
      endWatch();
    },
  };
}
