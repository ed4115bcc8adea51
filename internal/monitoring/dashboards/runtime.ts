import { catalogue as m, runtimeMetrics as r } from "../../telemetry/catalogue.ts";
import { anyOf, quantile, rate, series, sums } from "../promql.ts";
import { dashboard } from "./dashboard.ts";
import { graph, stat } from "./panels.ts";

/** With the part that each process is. Those of Sealpost only: prom-client's names are everybody's. */
const byPart = (expression: string) => `${expression} * on (instance) group_left (part) ${series(m.build)}`;

export const runtime = dashboard({
  uid: "sealpost-runtime",
  title: "Runtime",
  description: "The processes, and what they stand on: Node, Postgres, NATS, keys and certificates.",
  byRegion: false,
  rows: [
    {
      title: "Processes",
      panels: [
        graph({
          title: "What runs",
          description: "Processes by part and version.",
          unit: "none",
          width: 8,
          queries: [{ expr: `sum by (part, version) (${series(m.build)})`, legend: "{{part}} {{version}}" }],
        }),
        graph({
          title: "Processor",
          description: "Processors in use; one process uses little more than one.",
          unit: "short",
          width: 8,
          queries: [
            {
              expr: byPart(`sum by (instance) (rate(${series(r.processorSeconds)}[$__rate_interval]))`),
              legend: "{{part}} {{instance}}",
            },
          ],
        }),
        graph({
          title: "Up for",
          description: "A line that falls is a restart.",
          unit: "dtdurations",
          width: 8,
          queries: [{ expr: `time() - (${byPart(series(r.startTime))})`, legend: "{{part}} {{instance}}" }],
        }),
        graph({
          title: "Event-loop lag, p99",
          description: "How late timers fire. Above 0.5 s everything in that process is late.",
          unit: "s",
          width: 6,
          queries: [{ expr: byPart(series(r.eventLoopLagP99)), legend: "{{part}} {{instance}}" }],
        }),
        graph({
          title: "Memory",
          description: "Resident: what the container's limit counts.",
          unit: "bytes",
          width: 6,
          queries: [{ expr: byPart(series(r.residentBytes)), legend: "{{part}} {{instance}}" }],
        }),
        graph({
          title: "JavaScript heap in use",
          description: "A part of the memory; one that grows for hours leaks.",
          unit: "bytes",
          width: 6,
          queries: [{ expr: byPart(series(r.heapUsedBytes)), legend: "{{part}} {{instance}}" }],
        }),
        graph({
          title: "Time spent collecting garbage",
          description: "Share of the time.",
          unit: "percentunit",
          width: 6,
          queries: [
            {
              expr: byPart(`sum by (instance) (rate(${sums(r.garbageSeconds)}[$__rate_interval]))`),
              legend: "{{part}} {{instance}}",
            },
          ],
        }),
      ],
    },
    {
      title: "Postgres",
      panels: [
        graph({
          title: "Connections in use, of the pool",
          description: "prepared: the hot statements. At 1 the next query waits.",
          unit: "percentunit",
          width: 8,
          queries: [
            {
              expr: byPart(
                `max by (instance, pool) (${series(m.postgresConnections, { state: "busy" })} / on (instance, pool) ${series(m.postgresConnectionsLimit)})`,
              ),
              legend: "{{part}} {{instance}} {{pool}}",
            },
          ],
        }),
        graph({
          title: "Queries that wait for a connection",
          description: "Should be 0; more for minutes is an alert.",
          unit: "short",
          width: 8,
          queries: [
            {
              expr: byPart(`max by (instance, pool) (${series(m.postgresWaiting)})`),
              legend: "{{part}} {{instance}} {{pool}}",
            },
          ],
        }),
        graph({
          title: "Time of a group commit, p99",
          description: "Slow commits are Postgres' disk or locks.",
          unit: "s",
          width: 8,
          queries: [{ expr: quantile(0.99, m.commitSeconds, {}, ["kind"]), legend: "{{kind}}" }],
        }),
      ],
    },
    {
      title: "NATS JetStream",
      panels: [
        graph({
          title: "Connected",
          description: "1, or 0 while a region's NATS cannot be reached. Accepting goes on; deliveries there wait.",
          unit: "none",
          width: 8,
          max: 1,
          queries: [
            {
              expr: byPart(`min by (instance, region) (${series(m.natsConnected)})`),
              legend: "{{part}} {{instance}} {{region}}",
            },
          ],
        }),
        graph({
          title: "Reconnects",
          description: "A broker that restarts, or a network that breaks.",
          unit: "ops",
          width: 8,
          queries: [{ expr: rate(series(m.natsReconnects), ["region"]), legend: "{{region}}" }],
        }),
        graph({
          title: "Storage used, of each stream's bound",
          description: "At 1 a stream refuses, and Postgres keeps the delivery. DEAD makes room instead.",
          unit: "percentunit",
          width: 8,
          queries: [
            {
              expr: `max by (stream) (${series(m.streamBytes)} / ${series(m.streamBytesLimit)})`,
              legend: "{{stream}}",
            },
          ],
        }),
      ],
    },
    {
      title: "What ends or can fail from outside",
      panels: [
        stat({
          title: "Partitions ahead",
          description: "Time for which the record has partitions. Made a week ahead, every hour.",
          unit: "dtdurations",
          width: 8,
          query: { expr: `max(${series(m.partitionsUntil)}) - time()`, legend: "left" },
          thresholds: { good: 3 * 86_400, fair: 86_400, better: "higher" },
        }),
        stat({
          title: "Certificate ends in",
          description: "Of gRPC and HTTP, unless they speak plain text.",
          unit: "dtdurations",
          otherwise: "plain text",
          width: 8,
          query: { expr: `min by (use) (${series(m.certificateExpiry)}) - time()`, legend: "{{use}}" },
          thresholds: { good: 14 * 86_400, fair: 3 * 86_400, better: "higher" },
        }),
        stat({
          title: "Key service",
          description: "1 while it opens stored secrets; 0: deliveries wait. Keys of our own need none.",
          unit: "none",
          otherwise: "own keys",
          width: 8,
          query: { expr: `min by (provider) (${series(m.keyServiceUp)})`, legend: "{{provider}}" },
          thresholds: { good: 1, fair: 1, better: "higher" },
        }),
        graph({
          title: "Messages that are kept as dead letters",
          description: "For 30 days, or until the stream's bound.",
          unit: "short",
          width: 24,
          queries: [
            {
              expr: `max by (stream) (${series(m.streamMessages, { kind: anyOf("dead"), state: "waiting" })})`,
              legend: "{{stream}}",
            },
          ],
        }),
      ],
    },
  ],
});
