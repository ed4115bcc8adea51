import { catalogue as m } from "../../telemetry/catalogue.ts";
import { quantile, rate, series } from "../promql.ts";
import { dashboard } from "./dashboard.ts";
import { graph } from "./panels.ts";

/** Who stands by has a queue as well, which waits until he leads. */
const ofLeader = (selector: string) => `${selector} and on (instance) (${series(m.leader)} == 1)`;

export const operator = dashboard({
  uid: "sealpost-operator",
  title: "Operator",
  description:
    "The controller that keeps endpoints as Kubernetes resources say. Its metrics have controller-runtime's names.",
  byRegion: false,
  rows: [
    {
      title: "Reconciling",
      panels: [
        graph({
          title: "Leaders",
          description: "Exactly one process reconciles; the others stand by.",
          unit: "none",
          width: 6,
          queries: [{ expr: `sum by (name) (${series(m.leader)})`, legend: "{{name}}" }],
        }),
        graph({
          title: "Reconciles by result",
          description: "An error is tried again with growing pauses.",
          unit: "ops",
          width: 9,
          stacked: true,
          queries: [
            { expr: rate(series(m.reconciles), ["controller", "result"]), legend: "{{controller}} {{result}}" },
          ],
        }),
        graph({
          title: "Reconciles that failed",
          description: "Share; terminal ones wait until the resource changes.",
          unit: "percentunit",
          width: 9,
          queries: [
            {
              expr: `${rate(series(m.reconcileErrors), ["controller"])} / (${rate(series(m.reconciles), ["controller"])} > 0)`,
              legend: "{{controller}}",
            },
            {
              expr: `${rate(series(m.reconcileTerminalErrors), ["controller"])} / (${rate(series(m.reconciles), ["controller"])} > 0)`,
              legend: "{{controller}} terminal",
            },
          ],
        }),
        graph({
          title: "Time of a reconcile, p99",
          description: "Calls to the API of Sealpost and to Kubernetes included.",
          unit: "s",
          width: 12,
          queries: [{ expr: quantile(0.99, m.reconcileSeconds, {}, ["controller"]), legend: "{{controller}}" }],
        }),
        graph({
          title: "Reconciles under way, of those allowed",
          description: "At 1 for long, resources wait for workers.",
          unit: "percentunit",
          width: 12,
          queries: [
            {
              expr: `max by (controller) (${series(m.activeWorkers)} / ${series(m.maxConcurrentReconciles)})`,
              legend: "{{controller}}",
            },
          ],
        }),
      ],
    },
    {
      title: "The work queue",
      panels: [
        graph({
          title: "Waiting resources",
          description: "The leader's; should return to 0. Away: they wait for the Sealpost API, which is.",
          unit: "short",
          width: 8,
          queries: [
            { expr: `max by (name) (${ofLeader(series(m.workqueueDepth))})`, legend: "{{name}}" },
            { expr: `max by (name) (${ofLeader(series(m.workqueueParked))})`, legend: "{{name}} away" },
          ],
        }),
        graph({
          title: "Added, and added again",
          description: "Again: after a failure.",
          unit: "ops",
          width: 8,
          queries: [
            { expr: rate(series(m.workqueueAdds), ["name"]), legend: "{{name}}" },
            { expr: rate(series(m.workqueueRetries), ["name"]), legend: "{{name}} again" },
          ],
        }),
        graph({
          title: "Wait and work, p99",
          description: "Added until started, and started until ended.",
          unit: "s",
          width: 8,
          queries: [
            { expr: quantile(0.99, m.workqueueQueueSeconds, {}, ["name"]), legend: "{{name}} waits" },
            { expr: quantile(0.99, m.workqueueWorkSeconds, {}, ["name"]), legend: "{{name}} works" },
          ],
        }),
        graph({
          title: "Longest reconcile under way",
          description: "One that hangs shows as a rising line; beside it, the sum over all under way.",
          unit: "s",
          width: 12,
          queries: [
            { expr: `max by (name) (${series(m.workqueueLongestSeconds)})`, legend: "{{name}}" },
            { expr: `max by (name) (${series(m.workqueueUnfinishedSeconds)})`, legend: "{{name}} sum" },
          ],
        }),
        graph({
          title: "Broken off",
          description:
            "Reconciles that met a mistake in the program (panics) or took too long, and watches that ended before their time.",
          unit: "ops",
          width: 12,
          queries: [
            { expr: rate(series(m.reconcilePanics), ["controller"]), legend: "{{controller}} panics" },
            { expr: rate(series(m.reconcileTimeouts), ["controller"]), legend: "{{controller}} timeouts" },
            { expr: rate(series(m.watchesEnded), ["resource", "why"]), legend: "watch {{resource}} {{why}}" },
          ],
        }),
        graph({
          title: "Calls of the Kubernetes API",
          description: "429: the API server asks to slow down; <error>: no answer.",
          unit: "reqps",
          width: 24,
          queries: [{ expr: rate(series(m.restClientRequests), ["method", "code"]), legend: "{{method}} {{code}}" }],
        }),
      ],
    },
  ],
});
