import { catalogue as m } from "../../telemetry/catalogue.ts";
import { buckets, chosenRegions, counts, not, quantile, rate, series, sums } from "../promql.ts";
import { dashboard } from "./dashboard.ts";
import { graph, heatmap, type Query } from "./panels.ts";

const region = chosenRegions;

const quantiles = (histogram: typeof m.firstAttemptSeconds): Query[] =>
  [0.5, 0.9, 0.99].map((q) => ({
    expr: quantile(q, histogram, { region }, ["region"]),
    legend: `p${q * 100} {{region}}`,
  }));

export const delivery = dashboard({
  uid: "sealpost-delivery",
  title: "Delivery",
  description: "From the stream to the receiver, by region: what leaves, how late, how it ends, what waits and where.",
  byRegion: true,
  rows: [
    {
      title: "Attempts",
      panels: [
        graph({
          title: "Attempts by outcome",
          description: "Requests to receivers that ended.",
          unit: "ops",
          width: 12,
          stacked: true,
          queries: [{ expr: `${rate(series(m.attempts, { region }), ["outcome"])} > 0`, legend: "{{outcome}}" }],
        }),
        heatmap({
          title: "How long attempts take",
          description: "DNS to last byte; at 10 s they end as TIMEOUT.",
          unit: "s",
          width: 12,
          expr: rate(buckets(m.attemptSeconds, { region }), ["le"]),
        }),
        graph({
          title: "Accepted until the first request leaves",
          description: "What a publisher would call Sealpost's latency. First attempts on the main road only.",
          unit: "s",
          width: 12,
          queries: quantiles(m.firstAttemptSeconds),
        }),
        heatmap({
          title: "Due until the request leaves",
          description: "First attempts and retries on the main road. More than 5 s counts against the service level.",
          unit: "s",
          width: 12,
          expr: rate(buckets(m.scheduleDelaySeconds, { region, road: "main" }), ["le"]),
        }),
      ],
    },
    {
      title: "What waits",
      panels: [
        graph({
          title: "Messages by stream",
          description:
            "DELIVERIES should be near empty; RETRIES hold what failed until it is due; LANES what waits for slow receivers.",
          unit: "short",
          width: 12,
          many: true,
          queries: [
            {
              expr: `sum by (stream) (max by (stream, state) (${series(m.streamMessages, { region, kind: not("dead") })}))`,
              legend: "{{stream}}",
            },
          ],
        }),
        graph({
          title: "Oldest message by stream",
          description: "A RETRIES stream's oldest may be as old as its delay, in seconds at the end of its name.",
          unit: "s",
          width: 12,
          many: true,
          queries: [
            {
              expr: `max by (stream) (${series(m.streamOldestSeconds, { region, kind: not("dead") })})`,
              legend: "{{stream}}",
            },
          ],
        }),
        graph({
          title: "Retries planned, by delay",
          description: "The schedule's delays; kept by Postgres are those whose receiver asked for another wait.",
          unit: "ops",
          width: 12,
          stacked: true,
          queries: [
            {
              expr: rate(series(m.retriesScheduled, { region, delay: not("record") }), ["delay"]),
              legend: "after {{delay}} s",
            },
            { expr: rate(series(m.retriesScheduled, { region, delay: "record" })), legend: "kept by Postgres" },
          ],
        }),
        graph({
          title: "Failed for good",
          description: "Deliveries that became dead letters.",
          unit: "ops",
          width: 12,
          queries: [{ expr: rate(series(m.dead, { region }), ["region"]), legend: "{{region}}" }],
        }),
      ],
    },
    {
      title: "Isolation: who waits for whom",
      panels: [
        graph({
          title: "Attempts under way, of their budget",
          description:
            "At 1 a budget is used up: main, then new deliveries wait; slow, then unproven endpoints go to the lane.",
          unit: "percentunit",
          width: 8,
          queries: [
            {
              expr: `max by (budget) (${series(m.inFlight)} / ${series(m.inFlightLimit)})`,
              legend: "{{budget}}",
            },
          ],
        }),
        graph({
          title: "Moved to a slow lane",
          description: "Their endpoint is at its cap, hangs, or has no recent success.",
          unit: "ops",
          width: 8,
          queries: [{ expr: rate(series(m.laneMoves, { region }), ["region"]), legend: "{{region}}" }],
        }),
        graph({
          title: "Wait in the lane",
          description:
            "Due until the request leaves, for deliveries that wait for their slow receiver. Above a minute an estimate: the histogram is coarse there.",
          unit: "s",
          width: 8,
          queries: [0.5, 0.99].map((q) => ({
            expr: quantile(q, m.scheduleDelaySeconds, { region, road: "lane" }, ["region"]),
            legend: `p${q * 100} {{region}}`,
          })),
        }),
      ],
    },
    {
      title: "The record's part",
      panels: [
        graph({
          title: "Published by the sweeper",
          description:
            "due: what only Postgres held (Retry-After, refused by a full stream, enabled again). lost: what a broker lost.",
          unit: "ops",
          width: 8,
          queries: [{ expr: rate(series(m.swept, { region }), ["region", "kind"]), legend: "{{kind}} {{region}}" }],
        }),
        graph({
          title: "Looks of the sweeper",
          description: "One process per region does it. None means that nobody can.",
          unit: "ops",
          width: 8,
          queries: [{ expr: rate(series(m.sweeps, { region }), ["region"]), legend: "{{region}}" }],
        }),
        graph({
          title: "Held, unreadable, postponed",
          description:
            "held: the endpoint is disabled or suspended. unreadable: it could not be read, say because the key service is down. postponed: the egress proxy failed.",
          unit: "ops",
          width: 8,
          queries: [
            { expr: rate(series(m.held, { region }), ["region"]), legend: "held {{region}}" },
            { expr: rate(series(m.unreadable, { region }), ["region"]), legend: "unreadable {{region}}" },
            { expr: rate(series(m.postponed, { region }), ["region"]), legend: "postponed {{region}}" },
          ],
        }),
        graph({
          title: "Connections to receivers",
          description: "Idle ones are kept for the next delivery.",
          unit: "short",
          width: 12,
          stacked: true,
          queries: [{ expr: `sum by (state) (${series(m.receiverConnections)})`, legend: "{{state}}" }],
        }),
        graph({
          title: "Settling: rows in a commit",
          description: "Attempts that were recorded together, on average. Grows with the load.",
          unit: "short",
          width: 12,
          queries: [
            {
              expr: `${rate(sums(m.commitRows, { kind: "settle" }), ["instance"])} / (${rate(counts(m.commitRows, { kind: "settle" }), ["instance"])} > 0)`,
              legend: "{{instance}}",
            },
          ],
        }),
      ],
    },
  ],
});
