import type { DeliveryObserver } from "../internal/delivery/observer.ts";
import type { Worker } from "../internal/delivery/worker.ts";
import type { CallHooks } from "../internal/rpc/dispatch.ts";
import type { Regions } from "../internal/stream/regions.ts";
import type { Logger } from "../internal/telemetry/logger.ts";
import type { Metrics } from "../internal/telemetry/metrics.ts";
import type { WatchOptions } from "../internal/tls/watched-certificate.ts";

/** How long what streams hold is remembered, in ms: asking costs two requests a stream. */
const backlogAgeMs = 5_000;

/** Calls of the API, counted. */
export function observeCalls({ requests, requestSeconds }: Metrics): CallHooks {
  return {
    onCall({ protocol, method, code, seconds }) {
      requests.inc({ protocol, method, code });
      requestSeconds.observe({ protocol, method }, seconds);
    },
  };
}

/** Accepting events, counted. */
export function observeAccepting({ eventsAccepted, deliveriesCreated, commitRows, commitSeconds }: Metrics) {
  return {
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
  return {
    attempt(region, outcome, durationMs, lateMs, firstLatencyMs) {
      attempts.inc({ region, outcome });
      attemptSeconds.observe({ region }, durationMs / 1000);
      scheduleDelaySeconds.observe({ region }, Math.max(0, lateMs) / 1000);
      if (firstLatencyMs !== undefined) firstAttemptSeconds.observe({ region }, Math.max(0, firstLatencyMs) / 1000);
    },
    settled(rows, milliseconds) {
      commitRows.observe({ kind: "settle" }, rows);
      commitSeconds.observe({ kind: "settle" }, milliseconds / 1000);
    },
    movedToLane: (region) => metrics.laneMoves.inc({ region }),
    held: (region) => metrics.held.inc({ region }),
    unreadable: (region) => metrics.unreadable.inc({ region }),
    dead: (region) => metrics.dead.inc({ region }),
    swept: (region, kind, count) => metrics.swept.inc({ region, kind }, count),
  };
}

/** Attempts under way and open circuits, read when they are asked for. */
export function observeBudgets(metrics: Metrics, { budgets }: Pick<Worker, "budgets">): void {
  metrics.onScrape(() => {
    for (const [budget, count] of Object.entries(budgets.inFlight)) metrics.inFlight.set({ budget }, count);
    metrics.openCircuits.set(budgets.openCircuits);
  });
}

/** Whether each region's NATS is connected. Answers what to call at every change. */
export function observeConnections({ natsConnected, natsReconnects }: Metrics): (region: string, up: boolean) => void {
  const seen = new Set<string>();
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
        for (const { queue, waiting, inFlight, oldest } of await inspector.backlog(region)) {
          metrics.streamMessages.set({ stream: queue }, waiting + inFlight);
          metrics.streamOldestSeconds.set({ stream: queue }, oldest ? (Date.now() - oldest.getTime()) / 1000 : 0);
        }
      }),
    );
  });
}
