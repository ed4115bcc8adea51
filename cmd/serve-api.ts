import { Refusals } from "../internal/audit/refusals.ts";
import { AuditService } from "../internal/audit/service.ts";
import { apiSettings } from "../internal/config/parts.ts";
import { readSettings } from "../internal/config/read.ts";
import { namingPort } from "../internal/config/taken-port.ts";
import { FirstPublication } from "../internal/delivery/first-publication.ts";
import { HandOver } from "../internal/delivery/hand-over.ts";
import { Paging } from "../internal/domain/paging.ts";
import { EndpointService } from "../internal/endpoints/service.ts";
import { EventService } from "../internal/events/service.ts";
import { serveHttp } from "../internal/gateway/server.ts";
import { HistoryService } from "../internal/history/service.ts";
import type { Lifecycle } from "../internal/lifecycle/lifecycle.ts";
import { CidrSet } from "../internal/network/cidr.ts";
import { serveGrpc } from "../internal/rpc/server.ts";
import { PostgresAuditRecord } from "../internal/store/audit/audit-record.ts";
import { ChangeListener } from "../internal/store/changes/listener.ts";
import { PostgresDeliveryRecord } from "../internal/store/delivery/record.ts";
import { PostgresEndpointRecord } from "../internal/store/endpoints/endpoint-record.ts";
import { PostgresEventRecord } from "../internal/store/events/record.ts";
import { PostgresWorkspaceReader } from "../internal/store/events/workspace-reader.ts";
import { PostgresHistoryRecord } from "../internal/store/history/history-record.ts";
import { PostgresCallWindow } from "../internal/store/tenancy/call-window.ts";
import { PostgresKeyRecord } from "../internal/store/tenancy/key-record.ts";
import { PostgresTenantRecord } from "../internal/store/tenancy/tenant-record.ts";
import type { Logger } from "../internal/telemetry/logger.ts";
import { KeyAuthenticator } from "../internal/tenancy/authenticator.ts";
import { Door } from "../internal/tenancy/door.ts";
import { KeyHash } from "../internal/tenancy/key-hash.ts";
import { RateLimit } from "../internal/tenancy/rate-limit.ts";
import { TenantService } from "../internal/tenancy/service.ts";
import { WatchedCertificate } from "../internal/tls/watched-certificate.ts";
import { layFoundation } from "./foundation.ts";
import { observeAccepting, observeCalls, observeCertificate } from "./observe-calls.ts";
import { traceCall, tracePublisher } from "./trace-calls.ts";

/** Of the time to drain, what calls under way may take, in ms; publications and connections have the rest. */
const callsMs = 8_000;
const closingMs = 2_000;

/** Joins the parts of an api process and starts them: the record, the rules, gRPC and HTTP. */
export async function serveApi(lifecycle: Lifecycle, logger: Logger): Promise<void> {
  const settings = readSettings(apiSettings);
  const regionNames = Object.keys(settings.SEALPOST_REGIONS);
  // Publishes only: nothing is taken from the streams here.
  const prefetch = 1;
  const options = { part: "api", settings, regions: regionNames, prefetch, lifecycle, logger } as const;
  const { database, regions, metrics, secrets, host, inDevelopment, outgoing, traced, onError } =
    await layFoundation(options);

  const hash = new KeyHash(settings.SEALPOST_KEY_PEPPER);
  const paging = new Paging(settings.SEALPOST_KEY_PEPPER);
  const publishing = new AbortController();
  const publisher = traced ? tracePublisher(regions.publisher) : regions.publisher;
  const handOver = new HandOver(new PostgresDeliveryRecord(database), publisher, publishing.signal);
  const firstPublication = new FirstPublication(handOver, onError);
  lifecycle.onStop("publications", async (withinMs) => {
    const giveUp = setTimeout(() => publishing.abort(), Math.max(withinMs - closingMs, 0));
    await firstPublication.drained();
    clearTimeout(giveUp);
  });

  const events = new EventService({
    record: new PostgresEventRecord(database),
    workspaces: new PostgresWorkspaceReader(database),
    publisher: firstPublication,
    ...observeAccepting(metrics),
  });
  const authenticator = new KeyAuthenticator({
    record: new PostgresKeyRecord(database),
    hash,
    adminKey: settings.SEALPOST_ADMIN_KEY || undefined,
    limits: { CHANGE: settings.MANAGEMENT_OPERATIONS_PER_MINUTE, READ: settings.MANAGEMENT_READS_PER_MINUTE },
    onError,
  });
  const changes = new ChangeListener(database.url, {
    onChange(kind, id) {
      if (kind === "workspace") events.forgetWorkspace(id);
      else if (kind === "apikey") authenticator.forget(id);
      else if (kind === "company") authenticator.forgetCompany(id);
    },
    onLive: () => authenticator.forgetAll(),
  });
  changes.start();
  lifecycle.onStop("change notices", () => changes.stop());

  const auditRecord = new PostgresAuditRecord(database);
  const refusals = new Refusals({ record: auditRecord, onError });
  const apis = {
    events,
    endpoints: new EndpointService({
      record: new PostgresEndpointRecord(database, secrets),
      paging,
      outgoing,
      perWorkspace: settings.ENDPOINTS_PER_WORKSPACE,
      onError,
    }),
    history: new HistoryService({
      record: new PostgresHistoryRecord(database),
      paging,
      republisher: { republish: (message) => firstPublication.publish([message]) },
    }),
    audit: new AuditService({ record: auditRecord, paging }),
    tenants: new TenantService({
      record: new PostgresTenantRecord(database),
      hash,
      paging,
      regions: regionNames,
    }),
  };
  const tls =
    settings.TLS_CERT_FILE === "" ? undefined : new WatchedCertificate(settings, observeCertificate(metrics, logger));
  lifecycle.onStop("the certificate's watch", () => tls?.stop());
  const rateLimit = new RateLimit(new PostgresCallWindow(database));
  const door = new Door({ authenticator, rateLimit, trustedProxies: new CidrSet(settings.TRUSTED_PROXIES) });
  const hooks = { ...observeCalls(metrics, logger), ...(traced && { trace: traceCall }) };
  const edge = { apis, door, refusals, logger, hooks, tls };
  const readiness = () => lifecycle.notReady();
  const reflection = settings.GRPC_REFLECTION === "on" || (settings.GRPC_REFLECTION === "auto" && inDevelopment);
  const grpcAddress = `${host}:${settings.GRPC_PORT}`;
  const grpc = await namingPort("GRPC_PORT", serveGrpc({ ...edge, address: grpcAddress, reflection }));
  lifecycle.onStop("gRPC", (withinMs) => grpc.close(Math.min(withinMs, callsMs)));
  const http = await namingPort(
    "HTTP_PORT",
    serveHttp({ ...edge, address: `${host}:${settings.HTTP_PORT}`, readiness }),
  );
  lifecycle.onStop("HTTP", (withinMs) => {
    // Both at once: whoever calls shall see the end at the same time.
    grpc.setServing(false);
    return http.close(Math.min(withinMs, callsMs));
  });
  logger.info({ grpc: grpc.port, http: http.port }, "api is ready");
}
