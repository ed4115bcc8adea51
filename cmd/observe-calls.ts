import type { CallHooks } from "../internal/rpc/dispatch.ts";
import type { Logger } from "../internal/telemetry/logger.ts";
import type { Metrics } from "../internal/telemetry/metrics.ts";
import type { WatchOptions } from "../internal/tls/watched-certificate.ts";

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
