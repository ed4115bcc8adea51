import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Seconds. From a settled delivery on the same machine to an attempt that uses its whole deadline. */
const shortTimes = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds. Waiting may take as long as an outage. */
const longTimes = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200];
/** Rows in one commit; 500 is the bound. */
const batchSizes = [1, 2, 5, 10, 25, 50, 100, 250, 500];

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Every metric of Sealpost, whichever process fills it. Labels have few values: a region, an outcome, a method;
 * never a tenant, an endpoint or an address.
 */
export function createMetrics(build: { part: string; version: string }) {
  const registry = new Registry();
  const registers = [registry];
  const scrapes: (() => void | Promise<void>)[] = [];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `sealpost_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name: `sealpost_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: readonly L[]) =>
    new Histogram({ name: `sealpost_${name}`, help, buckets, labelNames, registers });

  collectDefaultMetrics({ register: registry });
  gauge("build_info", "1, with what runs here", ["part", "version", "node"]).set(
    { ...build, node: process.version },
    1,
  );

  return {
    eventsAccepted: counter("events_accepted_total", "Events committed and answered OK", ["region"]),
    deliveriesCreated: counter("deliveries_created_total", "Deliveries committed with their events", ["region"]),
    attempts: counter("attempts_total", "Requests to receivers that ended, by outcome", ["region", "outcome"]),
    attemptSeconds: histogram("attempt_duration_seconds", "One request, DNS to last byte", shortTimes, ["region"]),
    firstAttemptSeconds: histogram(
      "first_attempt_latency_seconds",
      "Accepted until the first request leaves",
      longTimes,
      ["region"],
    ),
    scheduleDelaySeconds: histogram("schedule_delay_seconds", "Due until the request leaves", longTimes, ["region"]),
    inFlight: gauge("in_flight", "Attempts under way, by the budget they count against: main, slow, lane", ["budget"]),
    openCircuits: gauge("open_circuits", "Endpoints whose deliveries go to the lane because they stalled", []),
    laneMoves: counter("lane_moves_total", "Deliveries moved to a slow lane", ["region"]),
    held: counter("held_total", "Deliveries that Postgres keeps because their endpoint is disabled", ["region"]),
    unreadable: counter(
      "unreadable_total",
      "Times a delivery went back to wait because its endpoint could not be read, say its secret not opened",
      ["region"],
    ),
    keyServiceUp: gauge("key_service_up", "Whether the key service that wraps stored secrets works: 1 or 0", [
      "provider",
    ]),
    dead: counter("dead_total", "Deliveries that failed for good", ["region"]),
    swept: counter(
      "swept_total",
      "Deliveries the sweeper published (due) or took back from a broker that lost them (lost)",
      ["region", "kind"],
    ),
    commitRows: histogram("commit_rows", "Rows in one group commit: accept or settle", batchSizes, ["kind"]),
    commitSeconds: histogram("commit_seconds", "One group commit: accept or settle", shortTimes, ["kind"]),
    streamMessages: gauge("stream_messages", "Messages in a stream", ["stream"]),
    streamOldestSeconds: gauge("stream_oldest_seconds", "Age of a stream's oldest message", ["stream"]),
    natsConnected: gauge("nats_connected", "Whether a region's NATS is connected: 1 or 0", ["region"]),
    natsReconnects: counter("nats_reconnects_total", "Times a region's NATS was connected again", ["region"]),
    certificateExpiry: gauge(
      "tls_certificate_expiry_timestamp_seconds",
      "When a certificate that is served ends, in seconds since 1970, by what serves it: api",
      ["use"],
    ),
    requests: counter("requests_total", "API calls, by protocol (grpc, http), method and status", [
      "protocol",
      "method",
      "code",
    ]),
    requestSeconds: histogram("request_duration_seconds", "One API call", shortTimes, ["protocol", "method"]),

    /** Runs before every scrape, for values that are read and not counted. */
    onScrape(read: () => void | Promise<void>): void {
      scrapes.push(read);
    },
    /** The text form (Prometheus exposition 0.0.4). */
    async text(): Promise<string> {
      await Promise.allSettled(scrapes.map(async (read) => read()));
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
