import type { KubeObserver } from "../internal/kube/observer.ts";
import type { ReconcileLoop } from "../internal/kube/reconcile-loop.ts";
import type { Metrics } from "../internal/telemetry/metrics.ts";

/** What the controller does, counted as controller-runtime does. */
export function observeKube(metrics: Metrics): KubeObserver {
  return {
    request: (method, code) => metrics.restClientRequests.inc({ method, code }),
    watchEnded: (resource, why) => metrics.watchesEnded.inc({ resource, why }),
    queued: (name) => metrics.workqueueAdds.inc({ name }),
    requeued: (name) => metrics.workqueueRetries.inc({ name }),
    taken: (name, waitedMs) => metrics.workqueueQueueSeconds.observe({ name }, waitedMs / 1000),
    reconciled(controller, result, tookMs) {
      metrics.reconciles.inc({ controller, result });
      if (result === "error") metrics.reconcileErrors.inc({ controller });
      metrics.reconcileSeconds.observe({ controller }, tookMs / 1000);
      metrics.workqueueWorkSeconds.observe({ name: controller }, tookMs / 1000);
    },
    terminal: (controller) => metrics.reconcileTerminalErrors.inc({ controller }),
    reconcileTimedOut: (controller) => metrics.reconcileTimeouts.inc({ controller }),
    panicked: (controller) => metrics.reconcilePanics.inc({ controller }),
    leading: (name, leads) => metrics.leader.set({ name }, leads ? 1 : 0),
  };
}

/** A controller's workers and its queue, read when they are asked for. */
export function observeLoop(metrics: Metrics, loop: ReconcileLoop): void {
  const { name, queue } = loop;
  const { reconcileErrors, reconcileTerminalErrors, reconcilePanics, reconcileTimeouts, workqueueRetries } = metrics;
  // They begin at 0, so that the first rise is seen as one.
  for (const failures of [reconcileErrors, reconcileTerminalErrors, reconcilePanics, reconcileTimeouts]) {
    failures.inc({ controller: name }, 0);
  }
  workqueueRetries.inc({ name }, 0);
  metrics.maxConcurrentReconciles.set({ controller: name }, loop.workers);
  metrics.onScrape(() => {
    const { totalMs, longestMs } = queue.unfinished;
    metrics.activeWorkers.set({ controller: name }, loop.active);
    metrics.workqueueDepth.set({ name }, queue.depth);
    metrics.workqueueParked.set({ name }, loop.parked);
    metrics.workqueueUnfinishedSeconds.set({ name }, totalMs / 1000);
    metrics.workqueueLongestSeconds.set({ name }, longestMs / 1000);
  });
}
