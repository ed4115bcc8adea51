import { deliverySettings } from "../internal/config/parts.ts";
import { readSettings } from "../internal/config/read.ts";
import { version } from "../internal/config/version.ts";
import { EndpointDirectory } from "../internal/delivery/endpoint-directory.ts";
import { HandOver } from "../internal/delivery/hand-over.ts";
import type { DeliveryRecord, WebhookSender } from "../internal/delivery/ports.ts";
import { Sweeper } from "../internal/delivery/sweeper.ts";
import { Worker } from "../internal/delivery/worker.ts";
import { egressProxy } from "../internal/egress/proxy.ts";
import { createWebhookSender } from "../internal/egress/webhook-sender.ts";
import type { Lifecycle } from "../internal/lifecycle/lifecycle.ts";
import { ChangeListener } from "../internal/store/changes/listener.ts";
import { PostgresDeliveryRecord } from "../internal/store/delivery/record.ts";
import { PostgresEndpointReader } from "../internal/store/endpoints/endpoint-reader.ts";
import { dayMs } from "../internal/store/partitions/days.ts";
import { RetentionLoop } from "../internal/store/partitions/retention.ts";
import { PostgresSweepRecord } from "../internal/store/sweep/record.ts";
import type { Logger } from "../internal/telemetry/logger.ts";
import { layFoundation } from "./foundation.ts";
import { observeBudgets, observeDeliveries } from "./observe-deliveries.ts";
import { tracePublisher } from "./trace-calls.ts";
import { deliveryTracer } from "./trace-deliveries.ts";

/** Of the time to drain, what closing the connections afterwards may take, in ms. */
const closingMs = 3_000;

/** What a test puts between the process and the world, to end it at a chosen moment. */
export interface Wraps {
  record?: (record: DeliveryRecord) => DeliveryRecord;
  sender?: (sender: WebhookSender) => WebhookSender;
}

/** Joins the parts of a delivery process and starts them: the record, the streams, the attempts, the sweeper. */
export async function serveDeliveries(lifecycle: Lifecycle, logger: Logger, wraps: Wraps = {}): Promise<void> {
  const settings = readSettings(deliverySettings, { defaults: { METRICS_PORT: 9465 } });
  const all = Object.keys(settings.SEALPOST_REGIONS);
  const served = settings.DELIVERY_REGIONS.length > 0 ? [...settings.DELIVERY_REGIONS] : all;
  const budgets = {
    main: settings.DELIVERY_CONCURRENCY,
    slow: settings.DELIVERY_SLOW_CONCURRENCY,
    lane: settings.DELIVERY_LANE_CONCURRENCY,
  };
  const foundation = await layFoundation({
    part: "delivery",
    settings,
    regions: served,
    prefetch: budgets.main,
    lifecycle,
    logger,
  });
  const { database, regions, metrics, onError } = foundation;

  const retention = new RetentionLoop(database.url, {
    retentionDays: Math.ceil(settings.RETENTION / dayMs),
    auditRetentionDays: Math.ceil(settings.AUDIT_RETENTION / dayMs),
    onRun: ({ until }) => metrics.partitionsUntil.set(until / 1000),
    onError,
  });
  lifecycle.onStop("retention", () => retention.stop());

  const endpoints = new PostgresEndpointReader(database, foundation.secrets);
  const directory = new EndpointDirectory(endpoints);
  const changes = new ChangeListener(database.url, {
    onChange(kind, id) {
      if (kind === "endpoint") directory.forget(id);
      else if (kind === "company") directory.forgetCompany(id);
    },
    onLive: (live) => directory.setLive(live),
  });
  changes.start();
  lifecycle.onStop("change notices", () => changes.stop());

  // Tenants that share a receiver's host must not wait for each other's connections: the budgets are the bound.
  const attempts = budgets.main + budgets.slow + budgets.lane;
  const sender = createWebhookSender({
    rules: foundation.outgoing,
    proxy: egressProxy(settings.EGRESS_PROXY_URL, settings.EGRESS_NO_PROXY),
    deadlineMs: settings.DELIVERY_TIMEOUT,
    connectionsPerOrigin: attempts,
    connections: Math.max(attempts, 1024),
  });
  lifecycle.onStop("connections to receivers", () => sender.close());

  const record = new PostgresDeliveryRecord(database);
  const observer = observeDeliveries(metrics);
  const publisher = foundation.traced ? tracePublisher(regions.publisher) : regions.publisher;
  const worker = new Worker({
    record: wraps.record?.(record) ?? record,
    endpoints,
    directory,
    sender: wraps.sender?.(sender) ?? sender,
    publisher,
    consumers: regions.consumers,
    observer,
    tracer: foundation.traced ? deliveryTracer : undefined,
    onError,
    schedule: settings.WEBHOOK_RETRY_SCHEDULE,
    budgets,
    pod: foundation.pod,
    userAgent: `Sealpost/${version}`,
    shareTraces: settings.DELIVERY_TRACE_CONTEXT === "true",
  });
  observeBudgets(metrics, worker, sender);
  lifecycle.onStop("deliveries", (withinMs) => worker.drain(Math.max(withinMs - closingMs, 0)));
  for (const region of served) await worker.serve(region);

  const sweeping = new AbortController();
  const sweeper = new Sweeper({
    record: new PostgresSweepRecord(database),
    inspector: regions.inspector,
    handOver: new HandOver(record, publisher, sweeping.signal),
    observer,
    onError,
    intervalMs: settings.SWEEP_INTERVAL,
    graceMs: settings.SWEEP_GRACE,
  });
  lifecycle.onStop("the sweeper", () => {
    sweeping.abort();
    return sweeper.stop();
  });
  for (const region of served) sweeper.serve(region);
  logger.info({ regions: served }, "delivery is ready");
}
