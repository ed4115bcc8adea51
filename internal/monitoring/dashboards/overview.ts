import { catalogue as m } from "../../telemetry/catalogue.ts";
import { anyOf, not, rate, series } from "../promql.ts";
import { errorRatio, type ServiceLevel, serviceLevels } from "../service-levels.ts";
import { dashboard } from "./dashboard.ts";
import { graph, stat } from "./panels.ts";

const legendOf = ({ by }: ServiceLevel, otherwise: string) => (by.includes("region") ? "{{region}}" : otherwise);
const percent = (share: number) => `${+(share * 100).toFixed(3)} %`;

/** The shares of good that each level is judged by: the objective, and where its budget burns ten times too fast. */
const judged = ({ objective }: ServiceLevel) =>
  ({ good: objective, fair: 1 - (1 - objective) * 10, better: "higher" }) as const;

export const overview = dashboard({
  uid: "sealpost-overview",
  title: "Overview",
  description: "Whether Sealpost keeps its promises, and, apart from that, how the receivers are.",
  byRegion: false,
  rows: [
    {
      title: "The platform: what pages whoever runs Sealpost",
      panels: [
        ...serviceLevels.map((level) =>
          stat({
            title: level.title,
            description: `${level.promise}. Over the time shown; promised: ${percent(level.objective)}.`,
            unit: "percentunit",
            decimals: 3,
            width: 4,
            query: { expr: `1 - ${errorRatio(level, "$__range")}`, legend: legendOf(level, "good") },
            thresholds: judged(level),
          }),
        ),
        ...serviceLevels.map((level) =>
          stat({
            title: `${level.title}: error budget left`,
            description: `Of what may go wrong in 30 days (${percent(1 - level.objective)}), the part that has not. Needs 30 days of data to be whole.`,
            unit: "percentunit",
            decimals: 1,
            width: 4,
            query: {
              expr: `1 - (${errorRatio(level, "30d")}) / ${+(1 - level.objective).toFixed(6)}`,
              legend: legendOf(level, "left"),
            },
            thresholds: { good: 0.5, fair: 0, better: "higher" },
          }),
        ),
        graph({
          title: "Burn rate",
          description:
            "How many times too fast an error budget is used up, over the last hour. At 1 it lasts exactly 30 days; the alerts page at 14.4 and 6.",
          unit: "short",
          width: 12,
          queries: serviceLevels.map((level) => ({
            expr: `(${errorRatio(level, "1h")}) / ${+(1 - level.objective).toFixed(6)}`,
            legend: `${level.name} ${legendOf(level, "")}`.trim(),
          })),
        }),
        graph({
          title: "Oldest message of a DELIVERIES stream",
          description: "Nothing waits here on purpose: more than some seconds means that delivery does not keep up.",
          unit: "s",
          width: 12,
          queries: [
            {
              expr: `max by (region) (${series(m.streamOldestSeconds, { kind: "deliveries" })})`,
              legend: "{{region}}",
            },
          ],
        }),
      ],
    },
    {
      title: "The receivers: what their owners want to know",
      panels: [
        graph({
          title: "Attempts that succeeded",
          description: "Receivers' answers, retries included. A customer's outage shows here and nowhere above.",
          unit: "percentunit",
          width: 12,
          max: 1,
          queries: [
            {
              expr: `${rate(series(m.attempts, { outcome: "SUCCESS" }), ["region"])} / (${rate(series(m.attempts), ["region"])} > 0)`,
              legend: "{{region}}",
            },
          ],
        }),
        graph({
          title: "Attempts that failed, by outcome",
          description: "BLOCKED was refused by the egress rules; INTERNAL is Sealpost's own.",
          unit: "ops",
          width: 12,
          stacked: true,
          queries: [
            {
              expr: `sum by (outcome) (rate(${series(m.attempts, { outcome: not("SUCCESS") })}[$__rate_interval])) > 0`,
              legend: "{{outcome}}",
            },
          ],
        }),
        graph({
          title: "Deliveries that failed for good",
          description:
            "They have used up their attempts, or their receiver said that it is gone. Kept for 30 days in DEAD streams.",
          unit: "ops",
          width: 12,
          queries: [{ expr: rate(series(m.dead), ["region"]), legend: "{{region}}" }],
        }),
        graph({
          title: "Endpoints whose circuit is open",
          description: "They hang; their deliveries wait in the slow lane, so that nobody else's do. By process.",
          unit: "short",
          width: 12,
          queries: [{ expr: `max by (instance) (${series(m.openCircuits)})`, legend: "{{instance}}" }],
        }),
      ],
    },
    {
      title: "Traffic",
      panels: [
        graph({
          title: "Events accepted",
          description: "Committed and answered OK, by the workspace's region.",
          unit: "ops",
          width: 8,
          queries: [{ expr: rate(series(m.eventsAccepted), ["region"]), legend: "{{region}}" }],
        }),
        graph({
          title: "Attempts",
          description: "Requests to receivers that ended.",
          unit: "ops",
          width: 8,
          queries: [{ expr: rate(series(m.attempts), ["region"]), legend: "{{region}}" }],
        }),
        graph({
          title: "Waiting",
          description: "Messages by what they wait for: a first attempt, a retry, or their turn in a slow lane.",
          unit: "short",
          width: 8,
          stacked: true,
          queries: [
            {
              expr: `sum by (kind) (max by (kind, stream, state) (${series(m.streamMessages, { kind: anyOf("deliveries", "retries", "lanes") })}))`,
              legend: "{{kind}}",
            },
          ],
        }),
      ],
    },
  ],
});
