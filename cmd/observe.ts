import type { DeliveryObserver } from "../internal/delivery/observer.ts";
import type { Worker } from "../internal/delivery/worker.ts";
import type { HttpWebhookSender } from "../internal/egress/webhook-sender.ts";
import type { CallHooks } from "../internal/rpc/dispatch.ts";
import type { Database } from "../internal/store/database.ts";
import { parseQueue } from "../internal/stream/names.ts";
import type { Regions } from "../internal/stream/regions.ts";
import type { Logger } from "../internal/telemetry/logger.ts";
import type { Metrics } from "../internal/telemetry/metrics.ts";
import type { WatchOptions } from "../internal/tls/watched-certificate.ts";

/** How long what streams hold is remembered, in ms: asking costs two requests a stream. */
const backlogAgeMs = 5_000;

/** Statuses of calls that are refused for who makes them or how many, whatever they ask for. */
const turnsAway = new Set(["UNAUTHENTICATED", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED"]);

/** Calls of the API, counted, and the connections that were closed to protect the others. */
export function observeCalls(metrics: Metrics, logger: Logger): CallHooks {
  const { requests, requestSeconds, turnedAway, connectionsShed } = metrics;
  return {
    onShed({ protocol, ...shed }) {
      connectionsShed.inc({ protocol });
      logger.warn({ protocol, ...shed }, "a connection is closed: with it, open requests held more than they may");
    },
    onCall({ protocol, method, code, reason, seconds }) {
      requests.inc({ protocol, method, code });
      if (reason !== undefined && turnsAway.has(code)) turnedAway.inc({ reason });
      requestSeconds.observe({ protocol, method }, seconds);
    },
  };
}

/** Accepting events, counted. */
export function observeAccepting(metrics: Metrics) {
  const { eventsAccepted, deliveriesCreated, batchFailures, commitRows, commitSeconds } = metrics;
  return {
    onRefusedInBatch: (code: string) => batchFailures.inc({ code }),
    onAccepted(region: string, deliveries: number): void {
      eventsAccepted.inc({ region });
      deliveriesCreated.inc({ region }, deliveries);
    },
    onCommit(rows: number, milliseconds: number): void {
      commitRows.observe({ kind: "accept" }, rows);
      commitSeconds.observe({ kind: "accept" }, milliseconds / 1000);
    },
  };
}

/** The certificate of gRPC and HTTP: when it ends, and aloud when its successor cannot be served. */
export function observeCertificate({ certificateExpiry }: Metrics, logger: Logger): WatchOptions {
  return {
    onServe({ notAfter, fingerprint }) {
      certificateExpiry.set({ use: "api" }, notAfter.getTime() / 1000);
      logger.info({ notAfter, fingerprint }, "gRPC and HTTP have this certificate");
    },
    onBroken(problems) {
      logger.error({ problems }, "the changed certificate files cannot be served: the certificate before them stays");
    },
  };
}

/** What a delivery process does, counted. */
export function observeDeliveries(metrics: Metrics): DeliveryObserver {
  const { attempts, attemptSeconds, firstAttemptSeconds, scheduleDelaySeconds, commitRows, commitSeconds } = metrics;
  const { retriesScheduled } = metrics;
  return {
    attempt({ region, road, outcome, duration, late, firstLatency }) {
      attempts.inc({ region, outcome });
      attemptSeconds.observe({ region }, duration / 1000);
      scheduleDelaySeconds.observe({ region, road }, Math.max(0, late) / 1000);
      if (firstLatency !== undefined) firstAttemptSeconds.observe({ region }, Math.max(0, firstLatency) / 1000);
    },
    retryScheduled(region, queue) {
      const name = queue === null ? undefined : parseQueue(queue);
      retriesScheduled.inc({ region, delay: name?.kind === "retries" ? name.seconds : "record" });
    },
    settled(rows, milliseconds) {
      commitRows.observe({ kind: "settle" }, rows);
      commitSeconds.observe({ kind: "settle" }, milliseconds / 1000);
    },
    movedToLane: (region) => metrics.laneMoves.inc({ region }),
    held: (region) => metrics.held.inc({ region }),
    unreadable: (region) => metrics.unreadable.inc({ region }),
    postponed: (region) => metrics.postponed.inc({ region }),
    dead: (region) => metrics.dead.inc({ region }),
    sweep: (region) => metrics.sweeps.inc({ region }),
    swept: (region, kind, count) => metrics.swept.inc({ region, kind }, count),
  };
}

/** Attempts under way, open circuits and connections, read when they are asked for. */
export function observeBudgets(metrics: Metrics, worker: Pick<Worker, "budgets">, sender: HttpWebhookSender): void {
  const { budgets } = worker;
  for (const [budget, limit] of Object.entries(budgets.limits)) metrics.inFlightLimit.set({ budget }, limit);
  metrics.onScrape(() => {
    for (const [budget, count] of Object.entries(budgets.inFlight)) metrics.inFlight.set({ budget }, count);
    metrics.openCircuits.set(budgets.openCircuits);
    const { connections, idle } = sender.connections;
    metrics.receiverConnections.set({ state: "idle" }, idle);
    metrics.receiverConnections.set({ state: "busy" }, connections - idle);
  });
}

/** Connections to Postgres, read when they are asked for. */
export function observePools(metrics: Metrics, database: Pick<Database, "use">): void {
  metrics.onScrape(() => {
    for (const { pool, busy, idle, waiting, limit } of database.use()) {
      metrics.postgresConnections.set({ pool, state: "busy" }, busy);
      metrics.postgresConnections.set({ pool, state: "idle" }, idle);
      metrics.postgresConnectionsLimit.set({ pool }, limit);
      metrics.postgresWaiting.set({ pool }, waiting);
    }
  });
}

/** Whether each region's NATS is connected. Answers what to call at every change. */
export function observeConnections(
  { natsConnected, natsReconnects }: Metrics,
  regions: string[],
): (region: string, up: boolean) => void {
  const seen = new Set<string>();
  for (const region of regions) natsConnected.set({ region }, 0);
  return (region, up) => {
    natsConnected.set({ region }, up ? 1 : 0);
    if (up && seen.has(region)) natsReconnects.inc({ region });
    seen.add(region);
  };
}

/** Whether the key service works, told to who watches and to who reads. */
export function observeKeyService({ keyServiceUp }: Metrics, logger: Logger) {
  return (provider: string, up: boolean, why: string): void => {
    keyServiceUp.set({ provider }, up ? 1 : 0);
    if (up) logger.info(`the key service (${provider}) works`);
    else logger.error(`${why}; until then nothing is sent that it has to open, and no endpoint is made`);
  };
}

/** What the streams of these regions hold. A region that cannot be asked keeps its last values. */
export function observeBacklog(metrics: Metrics, { inspector }: Pick<Regions, "inspector">, regions: string[]): void {
  let readAt = 0;
  metrics.onScrape(async () => {
    if (Date.now() - readAt < backlogAgeMs) return;
    readAt = Date.now();
    await Promise.allSettled(
      regions.map(async (region) => {
        for (const { queue, kind, waiting, inFlight, bytes, maxBytes, oldest } of await inspector.backlog(region)) {
          const stream = { region, kind, stream: queue };
          metrics.streamMessages.set({ ...stream, state: "waiting" }, waiting);
          metrics.streamMessages.set({ ...stream, state: "in_flight" }, inFlight);
          const ageMs = oldest ? Math.max(0, Date.now() - oldest.getTime()) : 0;
          metrics.streamOldestSeconds.set(stream, ageMs / 1000);
          metrics.streamBytes.set(stream, bytes);
          metrics.streamBytesLimit.set(stream, maxBytes);
        }
      }),
    );
  });
}
