import { catalogue as m } from "../../telemetry/catalogue.ts";
import { anyOf, buckets, counts, quantile, rate, series, shortMethods, sums } from "../promql.ts";
import { dashboard } from "./dashboard.ts";
import { graph, heatmap } from "./panels.ts";

const serverFaults = anyOf("INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "UNKNOWN");
const callerFaults = anyOf("INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "ABORTED");

export const api = dashboard({
  uid: "sealpost-api",
  title: "API",
  description: "Calls over gRPC and HTTP: how many, how fast, how they end; and what accepting costs the record.",
  byRegion: false,
  rows: [
    {
      title: "Calls",
      panels: [
        graph({
          title: "Calls by method",
          description: "Over gRPC and HTTP.",
          unit: "reqps",
          width: 12,
          stacked: true,
          many: true,
          queries: [{ expr: `${shortMethods(rate(series(m.requests), ["method"]))} > 0`, legend: "{{method}}" }],
        }),
        graph({
          title: "Calls by status",
          description: "The gRPC status, over HTTP too.",
          unit: "reqps",
          width: 12,
          stacked: true,
          queries: [{ expr: rate(series(m.requests), ["protocol", "code"]), legend: "{{protocol}} {{code}}" }],
        }),
        graph({
          title: "Failed through our fault",
          description: "Share of calls that ended INTERNAL, UNAVAILABLE, DEADLINE_EXCEEDED or UNKNOWN.",
          unit: "percentunit",
          width: 8,
          queries: [
            {
              expr: `(${rate(series(m.requests, { code: serverFaults }))} or vector(0)) / (${rate(series(m.requests))} > 0)`,
              legend: "share",
            },
          ],
        }),
        graph({
          title: "Turned away",
          description:
            "No or a wrong key, no permission, or over a limit; shed: connections that held too much. A jump is somebody's mistake, or somebody trying; OVERLOADED is ours.",
          unit: "reqps",
          width: 8,
          queries: [
            { expr: rate(series(m.turnedAway), ["reason"]), legend: "{{reason}}" },
            { expr: rate(series(m.connectionsShed)), legend: "connections shed" },
          ],
        }),
        graph({
          title: "Refused for what they asked",
          description: "Mistakes of callers.",
          unit: "reqps",
          width: 8,
          queries: [{ expr: rate(series(m.requests, { code: callerFaults }), ["code"]), legend: "{{code}}" }],
        }),
        graph({
          title: "Time of a call, p99",
          description: "By method.",
          unit: "s",
          width: 12,
          many: true,
          queries: [
            { expr: `${shortMethods(quantile(0.99, m.requestSeconds, {}, ["method"]))} > 0`, legend: "{{method}}" },
          ],
        }),
        heatmap({
          title: "Time of a call",
          description: "All methods.",
          unit: "s",
          width: 12,
          expr: rate(buckets(m.requestSeconds), ["le"]),
        }),
      ],
    },
    {
      title: "Accepting",
      panels: [
        graph({
          title: "Events accepted",
          description: "Committed and answered OK.",
          unit: "ops",
          width: 8,
          queries: [{ expr: rate(series(m.eventsAccepted), ["region"]), legend: "{{region}}" }],
        }),
        graph({
          title: "Deliveries an event makes",
          description: "Endpoints that want it, on average.",
          unit: "short",
          width: 8,
          queries: [
            {
              expr: `${rate(series(m.deliveriesCreated), ["region"])} / (${rate(series(m.eventsAccepted), ["region"])} > 0)`,
              legend: "{{region}}",
            },
          ],
        }),
        graph({
          title: "Events refused one by one in batches",
          description: "By status; the call itself was answered OK.",
          unit: "ops",
          width: 8,
          queries: [{ expr: rate(series(m.batchFailures), ["code"]), legend: "{{code}}" }],
        }),
        graph({
          title: "Time of a commit",
          description: "One group commit of events and deliveries: what a publisher waits for most.",
          unit: "s",
          width: 12,
          queries: [0.5, 0.99].map((q) => ({
            expr: quantile(q, m.commitSeconds, { kind: "accept" }),
            legend: `p${q * 100}`,
          })),
        }),
        graph({
          title: "Events in a commit",
          description: "On average; grows with the load.",
          unit: "short",
          width: 12,
          queries: [
            {
              expr: `${rate(sums(m.commitRows, { kind: "accept" }), ["instance"])} / (${rate(counts(m.commitRows, { kind: "accept" }), ["instance"])} > 0)`,
              legend: "{{instance}}",
            },
          ],
        }),
      ],
    },
  ],
});
