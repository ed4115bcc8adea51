import { readSettings } from "../internal/config/read.ts";
import { FirstPublication } from "../internal/delivery/first-publication.ts";
import { HandOver } from "../internal/delivery/hand-over.ts";
import { Paging } from "../internal/domain/paging.ts";
import { EndpointService } from "../internal/endpoints/service.ts";
import { EventService } from "../internal/events/service.ts";
import { serveHttp } from "../internal/gateway/server.ts";
import { HistoryService } from "../internal/history/service.ts";
import { runPart } from "../internal/lifecycle/run.ts";
import { serveGrpc } from "../internal/rpc/server.ts";
import { ChangeListener } from "../internal/store/changes/listener.ts";
import { PostgresDeliveryRecord } from "../internal/store/delivery/record.ts";
import { PostgresEndpointRecord } from "../internal/store/endpoints/endpoint-record.ts";
import { PostgresEventRecord } from "../internal/store/events/record.ts";
import { PostgresWorkspaceReader } from "../internal/store/events/workspace-reader.ts";
import { PostgresHistoryRecord } from "../internal/store/history/history-record.ts";
import { PostgresKeyRecord } from "../internal/store/tenancy/key-record.ts";
import { PostgresTenantRecord } from "../internal/store/tenancy/tenant-record.ts";
import { createLogger } from "../internal/telemetry/logger.ts";
import { KeyAuthenticator } from "../internal/tenancy/authenticator.ts";
import { KeyHash } from "../internal/tenancy/key-hash.ts";
import { TenantService } from "../internal/tenancy/service.ts";
import { foundationSettings, layFoundation } from "./foundation.ts";
import { observeAccepting, observeCalls } from "./observe.ts";

/** Takes events in, manages endpoints and tenants, answers what happened: any number of these share the work. */
await runPart(
  () => createLogger("api", readSettings(["LOG_LEVEL"]).LOG_LEVEL),
  async (lifecycle, logger) => {
    const settings = readSettings([
      ...foundationSettings,
      "SEALPOST_ADMIN_KEY",
      "SEALPOST_KEY_PEPPER",
      "ENDPOINTS_PER_WORKSPACE",
      "GRPC_PORT",
      "HTTP_PORT",
    ]);
    const served = Object.keys(settings.SEALPOST_REGIONS);
    const foundation = await layFoundation({ part: "api", settings, regions: served, prefetch: 1, lifecycle, logger });
    const { database, regions, metrics, onError, host, secrets } = foundation;

    const stopped = new AbortController();
    const handOver = new HandOver(new PostgresDeliveryRecord(database), regions.publisher, stopped.signal);
    const publication = new FirstPublication(handOver, onError);
    lifecycle.onStop("publications", async (withinMs) => {
      const late = setTimeout(() => stopped.abort(), withinMs);
      await publication.drained();
      clearTimeout(late);
    });

    const hash = new KeyHash(settings.SEALPOST_KEY_PEPPER);
    const paging = new Paging(settings.SEALPOST_KEY_PEPPER);
    const authenticator = new KeyAuthenticator({
      record: new PostgresKeyRecord(database),
      hash,
      adminKey: settings.SEALPOST_ADMIN_KEY,
      onError,
    });
    const events = new EventService({
      record: new PostgresEventRecord(database),
      workspaces: new PostgresWorkspaceReader(database),
      publisher: publication,
      ...observeAccepting(metrics),
    });
    const apis = {
      events,
      endpoints: new EndpointService({
        record: new PostgresEndpointRecord(database, secrets),
        paging,
        urlPolicy: { allowHttp: foundation.inDevelopment },
        perWorkspace: settings.ENDPOINTS_PER_WORKSPACE,
        onError,
      }),
      history: new HistoryService({
        record: new PostgresHistoryRecord(database),
        paging,
        republisher: { republish: (message) => publication.publish([message]) },
      }),
      tenants: new TenantService({ record: new PostgresTenantRecord(database), hash, paging, regions: served }),
    };
    const changes = new ChangeListener(database.url, {
      onChange(kind, id) {
        if (kind === "workspace") events.forgetWorkspace(id);
        else if (kind === "apikey") authenticator.forget(id);
      },
      onLive: () => authenticator.forgetAll(),
    });
    changes.start();
    lifecycle.onStop("change notices", () => changes.stop());

    const edge = { apis, authenticator, logger, hooks: observeCalls(metrics) };
    const grpc = await named("GRPC_PORT", () => serveGrpc({ ...edge, address: `${host}:${settings.GRPC_PORT}` }));
    lifecycle.onStop("gRPC", (withinMs) => grpc.close(withinMs));
    const http = await named("HTTP_PORT", () =>
      serveHttp({ ...edge, address: `${host}:${settings.HTTP_PORT}`, readiness: () => lifecycle.notReady() }),
    );
    lifecycle.onStop("HTTP", (withinMs) => http.close(withinMs));
    logger.info({ grpc: grpc.port, http: http.port }, "api is ready");
    return undefined;
  },
);

/** A taken port is told with the variable that changes it. */
async function named<T>(variable: string, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new Error(`${(cause as Error).message}; ${variable} changes the port`, { cause });
  }
}
