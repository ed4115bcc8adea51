import type { DeliveryObserver } from "../internal/delivery/observer.ts";
import type { Worker } from "../internal/delivery/worker.ts";
import type { HttpWebhookSender } from "../internal/egress/webhook-sender.ts";
import { parseQueue } from "../internal/stream/names.ts";
import type { Metrics } from "../internal/telemetry/metrics.ts";

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
