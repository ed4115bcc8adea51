import { outcomes } from "../domain/states.ts";
import { controllerMetrics } from "./controller-catalogue.ts";
import { counter, gauge, histogram, type MetricDefinition } from "./metric-definition.ts";

/** Seconds. From a settled delivery on the same machine to an attempt that uses its whole deadline. */
const shortTimes = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds. Waiting may take as long as an outage. */
const longTimes = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200];
/** Rows in one commit; 500 is the bound. */
const batchSizes = [1, 2, 5, 10, 25, 50, 100, 250, 500];

const region = "a region";
const stream = { region, kind: ["deliveries", "retries", "lanes", "dead"], stream: "a stream's name" } as const;
const budget = ["main", "slow", "lane"] as const;
const pool = ["models", "prepared"] as const;
const protocol = ["grpc", "http"] as const;
const method = "a method of the API, as in its gRPC path";
/** A tenant's receivers decide when a delivery of the lane may leave; on the main road it is Sealpost alone. */
const road = ["main", "lane"] as const;

const api = ["api"] as const;
const delivery = ["delivery"] as const;
const both = ["api", "delivery"] as const;
const all = ["api", "delivery", "controller"] as const;

/** How an attempt that left this process ended. */
const attemptOutcomes = outcomes.filter((outcome) => outcome !== "IN_PROGRESS" && outcome !== "UNKNOWN");

/**
 * Every metric that Sealpost serves: created from here, documented from here (docs/metrics.md), and the only names that
 * dashboards and alerts can use. To add one: a line here, npm run metrics:gen, and what sets it in cmd/observe*.ts.
 */
export const catalogue = {
  build: gauge("sealpost_build_info", {
    unit: "1",
    help: "1, with what runs here",
    labels: { part: all, version: "this version", node: "Node's version" },
    parts: all,
  }),

  requests: counter("sealpost_requests_total", {
    unit: "calls",
    help: "API calls that were answered, by the gRPC status they ended with (over HTTP too)",
    labels: { protocol, method, code: "a gRPC status" },
    parts: api,
  }),
  requestSeconds: histogram("sealpost_request_duration_seconds", {
    unit: "seconds",
    help: "One API call, from its last byte to its answer",
    labels: { protocol, method },
    buckets: shortTimes,
    parts: api,
  }),
  turnedAway: counter("sealpost_calls_turned_away_total", {
    unit: "calls",
    help: "API calls without a right or over a limit (UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED), by reason",
    labels: { reason: "a reason of the API's errors: RATE_LIMITED, OVERLOADED, ADDRESS_NOT_ALLOWED and the like" },
    parts: api,
  }),
  connectionsShed: counter("sealpost_connections_shed_total", {
    unit: "connections",
    help: "API connections that were closed because their open requests held more than all may hold together",
    labels: { protocol },
    parts: api,
  }),
  certificateExpiry: gauge("sealpost_tls_certificate_expiry_timestamp_seconds", {
    unit: "seconds since 1970",
    help: "When a certificate that is served ends, by what serves it",
    labels: { use: ["api"] },
    parts: api,
  }),
  eventsAccepted: counter("sealpost_events_accepted_total", {
    unit: "events",
    help: "Events committed and answered OK",
    labels: { region },
    parts: api,
  }),
  batchFailures: counter("sealpost_batch_events_refused_total", {
    unit: "events",
    help: "Events that were refused one by one in batches, by gRPC status; single ones are calls",
    labels: { code: "a gRPC status" },
    parts: api,
  }),
  deliveriesCreated: counter("sealpost_deliveries_created_total", {
    unit: "deliveries",
    help: "Deliveries committed with their events",
    labels: { region },
    parts: api,
  }),

  attempts: counter("sealpost_attempts_total", {
    unit: "attempts",
    help: "Requests to receivers that ended, by outcome; INTERNAL is Sealpost's own fault",
    labels: { region, outcome: attemptOutcomes },
    parts: delivery,
  }),
  attemptSeconds: histogram("sealpost_attempt_duration_seconds", {
    unit: "seconds",
    help: "One request to a receiver, DNS to last byte",
    labels: { region },
    buckets: shortTimes,
    parts: delivery,
  }),
  firstAttemptSeconds: histogram("sealpost_first_attempt_latency_seconds", {
    unit: "seconds",
    help: "Accepted until the first request leaves",
    labels: { region },
    buckets: longTimes,
    parts: delivery,
  }),
  scheduleDelaySeconds: histogram("sealpost_schedule_delay_seconds", {
    unit: "seconds",
    help: "Due until the request leaves; in the lane, deliveries wait for their slow receiver",
    labels: { region, road },
    buckets: longTimes,
    parts: delivery,
  }),
  retriesScheduled: counter("sealpost_retries_scheduled_total", {
    unit: "deliveries",
    help: "Failed attempts after which another one was planned, by its delay in seconds; record: Postgres keeps it (Retry-After)",
    labels: { region, delay: "a delay of the retry schedule in seconds, or record" },
    parts: delivery,
  }),
  inFlight: gauge("sealpost_in_flight", {
    unit: "attempts",
    help: "Attempts under way, by the budget they count against",
    labels: { budget },
    parts: delivery,
  }),
  inFlightLimit: gauge("sealpost_in_flight_limit", {
    unit: "attempts",
    help: "Attempts that a budget allows at once",
    labels: { budget },
    parts: delivery,
  }),
  openCircuits: gauge("sealpost_open_circuits", {
    unit: "endpoints",
    help: "Endpoints whose deliveries go to the lane because they hang",
    labels: {},
    parts: delivery,
  }),
  laneMoves: counter("sealpost_lane_moves_total", {
    unit: "deliveries",
    help: "Deliveries moved to a slow lane: their endpoint is at its cap, hangs, or has no recent success",
    labels: { region },
    parts: delivery,
  }),
  held: counter("sealpost_held_total", {
    unit: "deliveries",
    help: "Deliveries that Postgres keeps because their endpoint is disabled",
    labels: { region },
    parts: delivery,
  }),
  unreadable: counter("sealpost_unreadable_total", {
    unit: "deliveries",
    help: "Times a delivery went back to wait because its endpoint could not be read, say its secret not opened",
    labels: { region },
    parts: delivery,
  }),
  postponed: counter("sealpost_postponed_total", {
    unit: "deliveries",
    help: "Times a delivery went back to wait because the egress proxy failed before anything was sent",
    labels: { region },
    parts: delivery,
  }),
  dead: counter("sealpost_dead_total", {
    unit: "deliveries",
    help: "Deliveries that failed for good after their attempts",
    labels: { region },
    parts: delivery,
  }),
  sweeps: counter("sealpost_sweeps_total", {
    unit: "looks",
    help: "Times the sweeper looked for what is due in Postgres and lost in the broker; one process does it per region",
    labels: { region },
    parts: delivery,
  }),
  swept: counter("sealpost_swept_total", {
    unit: "deliveries",
    help: "Deliveries the sweeper published (due) or took back from a broker that lost them (lost)",
    labels: { region, kind: ["due", "lost"] },
    parts: delivery,
  }),
  receiverConnections: gauge("sealpost_receiver_connections", {
    unit: "connections",
    help: "Open connections to receivers",
    labels: { state: ["busy", "idle"] },
    parts: delivery,
  }),

  commitRows: histogram("sealpost_commit_rows", {
    unit: "rows",
    help: "Rows in one group commit",
    labels: { kind: ["accept", "settle"] },
    buckets: batchSizes,
    parts: both,
  }),
  commitSeconds: histogram("sealpost_commit_seconds", {
    unit: "seconds",
    help: "One group commit",
    labels: { kind: ["accept", "settle"] },
    buckets: shortTimes,
    parts: both,
  }),
  keyServiceUp: gauge("sealpost_key_service_up", {
    unit: "0 or 1",
    help: "Whether the key service that wraps stored secrets works; none with keys of our own",
    labels: { provider: ["vault", "aws-kms"] },
    parts: both,
  }),
  postgresConnections: gauge("sealpost_postgres_connections", {
    unit: "connections",
    help: "Open connections to Postgres; prepared: those of the hot statements",
    labels: { pool, state: ["busy", "idle"] },
    parts: both,
  }),
  postgresConnectionsLimit: gauge("sealpost_postgres_connections_limit", {
    unit: "connections",
    help: "Connections to Postgres that a pool opens at most",
    labels: { pool },
    parts: both,
  }),
  postgresWaiting: gauge("sealpost_postgres_waiting", {
    unit: "queries",
    help: "Queries that wait for a connection",
    labels: { pool },
    parts: both,
  }),
  partitionsUntil: gauge("sealpost_partitions_until_timestamp_seconds", {
    unit: "seconds since 1970",
    help: "The time up to which the record has partitions; past it nothing is accepted",
    labels: {},
    parts: delivery,
  }),

  streamMessages: gauge("sealpost_stream_messages", {
    unit: "messages",
    help: "Messages in a stream: waiting, or handed out and not acked. Every process shows the same: take the maximum",
    labels: { ...stream, state: ["waiting", "in_flight"] },
    parts: both,
  }),
  streamOldestSeconds: gauge("sealpost_stream_oldest_seconds", {
    unit: "seconds",
    help: "Age of a stream's oldest message; retries may be as old as their delay",
    labels: stream,
    parts: both,
  }),
  streamBytes: gauge("sealpost_stream_bytes", {
    unit: "bytes",
    help: "What a stream takes of its file storage",
    labels: stream,
    parts: both,
  }),
  streamBytesLimit: gauge("sealpost_stream_bytes_limit", {
    unit: "bytes",
    help: "The size at which a stream takes no more (the dead letters make room instead)",
    labels: stream,
    parts: both,
  }),
  natsConnected: gauge("sealpost_nats_connected", {
    unit: "0 or 1",
    help: "Whether a region's NATS is connected",
    labels: { region },
    parts: both,
  }),
  natsReconnects: counter("sealpost_nats_reconnects_total", {
    unit: "times",
    help: "Times a region's NATS was connected again",
    labels: { region },
    parts: both,
  }),

  ...controllerMetrics,
} as const satisfies Record<string, MetricDefinition>;

/** What prom-client serves by itself of Node and the process, as far as dashboards and alerts use it. */
export const runtimeMetrics = {
  eventLoopLag: gauge("nodejs_eventloop_lag_seconds", {
    unit: "seconds",
    help: "Lag of event loop in seconds, now",
    labels: {},
    parts: all,
  }),
  eventLoopLagP99: gauge("nodejs_eventloop_lag_p99_seconds", {
    unit: "seconds",
    help: "The 99th percentile of the recorded event loop delays",
    labels: {},
    parts: all,
  }),
  processorSeconds: counter("process_cpu_seconds_total", {
    unit: "seconds",
    help: "Processor time of the process",
    labels: {},
    parts: all,
  }),
  residentBytes: gauge("process_resident_memory_bytes", {
    unit: "bytes",
    help: "Memory of the process",
    labels: {},
    parts: all,
  }),
  heapUsedBytes: gauge("nodejs_heap_size_used_bytes", {
    unit: "bytes",
    help: "JavaScript heap in use",
    labels: {},
    parts: all,
  }),
  garbageSeconds: histogram("nodejs_gc_duration_seconds", {
    unit: "seconds",
    help: "Garbage collections, by kind",
    labels: { kind: ["minor", "major", "incremental", "weakcb"] },
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
    parts: all,
  }),
  startTime: gauge("process_start_time_seconds", {
    unit: "seconds since 1970",
    help: "When the process started",
    labels: {},
    parts: all,
  }),
} as const satisfies Record<string, MetricDefinition>;
