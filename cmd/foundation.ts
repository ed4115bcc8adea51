import { hostname } from "node:os";
import type { foundationSettings } from "../internal/config/parts.ts";
import type { Settings } from "../internal/config/read.ts";
import { version } from "../internal/config/version.ts";
import { openSecrets } from "../internal/keyservice/open.ts";
import type { Lifecycle } from "../internal/lifecycle/lifecycle.ts";
import { OutgoingRules } from "../internal/network/outgoing-rules.ts";
import { tiersOf } from "../internal/retry/schedule.ts";
import type { SecretBox } from "../internal/secrets/box.ts";
import { type Database, openDatabase } from "../internal/store/database.ts";
import { untilUsable } from "../internal/store/ready.ts";
import { openRegions, type Regions } from "../internal/stream/regions.ts";
import type { Logger } from "../internal/telemetry/logger.ts";
import { createMetrics, type Metrics } from "../internal/telemetry/metrics.ts";
import { serveMetrics } from "../internal/telemetry/metrics-server.ts";
import { startTracing } from "../internal/telemetry/tracing.ts";
import { observeBacklog, observeConnections, observeKeyService, observePools } from "./observe.ts";

export interface FoundationOptions {
  part: "api" | "delivery";
  settings: Settings<(typeof foundationSettings)[number]>;
  /** Of the regions in the settings, those that this process connects to. */
  regions: string[];
  /** Deliveries that each consumer asks for ahead. */
  prefetch: number;
  lifecycle: Lifecycle;
  logger: Logger;
}

/** What api and delivery stand on; all of it ends with the lifecycle, the record last. */
export interface Foundation {
  database: Database;
  regions: Regions;
  metrics: Metrics;
  secrets: SecretBox;
  inDevelopment: boolean;
  /** Where requests to endpoints may go. */
  outgoing: OutgoingRules;
  /** Whether spans go somewhere. */
  traced: boolean;
  /** Where to listen. */
  host: string;
  pod: string;
  onError: (message: string, error: unknown, about?: Record<string, string>) => void;
}

/** Opens logs, metrics, tracing, Postgres and NATS. Waits for Postgres; NATS may be away. */
export async function layFoundation(options: FoundationOptions): Promise<Foundation> {
  const { part, settings, lifecycle, logger, prefetch } = options;
  const inDevelopment = settings.SEALPOST_MODE === "development";
  const host = settings.LISTEN_ADDRESS || (inDevelopment ? "127.0.0.1" : "0.0.0.0");
  const outgoing = new OutgoingRules({ development: inDevelopment, deny: settings.EGRESS_DENY_CIDRS });
  const onError = (message: string, error: unknown, about: Record<string, string> = {}) =>
    logger.warn({ err: error, ...about }, message);
  const metrics = createMetrics({ part, version, regions: options.regions });
  // First of all, because it says what is wrong with a key.
  const secrets = await openSecrets(settings, { onHealth: observeKeyService(metrics, logger), onError });
  lifecycle.onStop("keys", () => secrets.close());

  const tracing = await startTracing(part);
  if (tracing) lifecycle.onStop("tracing", () => tracing.stop());
  const notReady = () => lifecycle.notReady();
  const metricsServer = await serveMetrics({ port: settings.METRICS_PORT, host, metrics, notReady });
  lifecycle.onStop("metrics", () => metricsServer.close());

  const database = openDatabase(settings.DATABASE_URL, {
    poolSize: settings.DATABASE_POOL_SIZE,
    applicationName: `sealpost ${part}`,
  });
  lifecycle.onStop("the record", () => database.close());
  observePools(metrics, database);
  await untilUsable(database, { stopping: () => lifecycle.isStopping, say: (text) => logger.warn(text) });

  const addresses = Object.entries(settings.SEALPOST_REGIONS).filter(([name]) => options.regions.includes(name));
  const regions = openRegions({
    regions: Object.fromEntries(addresses),
    retryTiers: tiersOf(settings.WEBHOOK_RETRY_SCHEDULE),
    prefetch,
    streams: {
      replicas: settings.NATS_REPLICAS,
      maxBytes: settings.STREAM_MAX_BYTES,
      maxPerEndpoint: settings.STREAM_MAX_PER_ENDPOINT,
    },
    name: `sealpost ${part}`,
    ...(settings.NATS_CREDENTIALS_FILE && { credentialsFile: settings.NATS_CREDENTIALS_FILE }),
    onStatus: observeConnections(metrics, options.regions),
    onError,
  });
  lifecycle.onStop("the streams", () => regions.close());
  observeBacklog(metrics, regions, options.regions);

  const pod = settings.POD_NAME || `${hostname()}-${process.pid}`;
  logger.info({ version, pod, metricsPort: metricsServer.port, regions: options.regions }, `${part} starts`);
  return {
    database,
    regions,
    metrics,
    secrets: secrets.box,
    inDevelopment,
    outgoing,
    traced: tracing !== undefined,
    host,
    pod,
    onError,
  };
}
