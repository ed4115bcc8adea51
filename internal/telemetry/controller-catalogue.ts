import { counter, gauge, histogram, type MetricDefinition } from "./metric-definition.ts";

/** Seconds; controller-runtime's own bounds are finer, and no panel needs them. */
const reconcileTimes = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const parts = ["controller"] as const;
const controller = "a reconciler's name";
const queue = { name: "a work queue's name: its reconciler's" } as const;

/** The names of controller-runtime and client-go, so that dashboards that exist for them work here. */
export const controllerMetrics = {
  reconciles: counter("controller_runtime_reconcile_total", {
    unit: "reconciles",
    help: "Reconciles that ended, by result",
    labels: { controller, result: ["success", "error", "requeue", "requeue_after"] },
    parts,
  }),
  reconcileErrors: counter("controller_runtime_reconcile_errors_total", {
    unit: "reconciles",
    help: "Reconciles that failed and are tried again",
    labels: { controller },
    parts,
  }),
  reconcileTerminalErrors: counter("controller_runtime_terminal_reconcile_errors_total", {
    unit: "reconciles",
    help: "Reconciles that failed in a way that trying again does not mend",
    labels: { controller },
    parts,
  }),
  reconcilePanics: counter("controller_runtime_reconcile_panics_total", {
    unit: "reconciles",
    help: "Reconciles that met a mistake in the program",
    labels: { controller },
    parts,
  }),
  reconcileTimeouts: counter("controller_runtime_reconcile_timeouts_total", {
    unit: "reconciles",
    help: "Reconciles that were ended because they took too long",
    labels: { controller },
    parts,
  }),
  reconcileSeconds: histogram("controller_runtime_reconcile_time_seconds", {
    unit: "seconds",
    help: "One reconcile",
    labels: { controller },
    buckets: reconcileTimes,
    parts,
  }),
  activeWorkers: gauge("controller_runtime_active_workers", {
    unit: "workers",
    help: "Reconciles under way",
    labels: { controller },
    parts,
  }),
  maxConcurrentReconciles: gauge("controller_runtime_max_concurrent_reconciles", {
    unit: "workers",
    help: "Reconciles that may be under way at once",
    labels: { controller },
    parts,
  }),
  workqueueDepth: gauge("workqueue_depth", {
    unit: "objects",
    help: "Objects that wait to be reconciled",
    labels: queue,
    parts,
  }),
  workqueueAdds: counter("workqueue_adds_total", {
    unit: "objects",
    help: "Objects that were added to the queue",
    labels: queue,
    parts,
  }),
  workqueueRetries: counter("workqueue_retries_total", {
    unit: "objects",
    help: "Objects that were added again after a failure",
    labels: queue,
    parts,
  }),
  workqueueQueueSeconds: histogram("workqueue_queue_duration_seconds", {
    unit: "seconds",
    help: "Added until a reconcile starts",
    labels: queue,
    buckets: reconcileTimes,
    parts,
  }),
  workqueueWorkSeconds: histogram("workqueue_work_duration_seconds", {
    unit: "seconds",
    help: "From the queue until the reconcile ended",
    labels: queue,
    buckets: reconcileTimes,
    parts,
  }),
  workqueueUnfinishedSeconds: gauge("workqueue_unfinished_work_seconds", {
    unit: "seconds",
    help: "Sum of what reconciles under way have taken so far",
    labels: queue,
    parts,
  }),
  workqueueLongestSeconds: gauge("workqueue_longest_running_processor_seconds", {
    unit: "seconds",
    help: "What the longest reconcile under way has taken so far",
    labels: queue,
    parts,
  }),
  workqueueParked: gauge("sealpost_workqueue_parked", {
    unit: "objects",
    help: "Objects that wait together for the Sealpost API, which is away; not in workqueue_depth",
    labels: queue,
    parts,
  }),
  leader: gauge("leader_election_master_status", {
    unit: "0 or 1",
    help: "Whether this process holds the lease",
    labels: { name: "a lease's name" },
    parts,
  }),
  watchesEnded: counter("sealpost_kube_watches_ended_total", {
    unit: "watches",
    help: "Watches that ended before their time: gone and unreadable ones are listed again, failed ones go on",
    labels: { resource: "a kind of Kubernetes object, in the plural", why: ["gone", "unreadable", "failed"] },
    parts,
  }),
  restClientRequests: counter("rest_client_requests_total", {
    unit: "requests",
    help: "Requests to the Kubernetes API server, by HTTP status; <error> when there was none",
    labels: { code: "an HTTP status, or <error>", method: ["GET", "POST", "PUT", "PATCH", "DELETE"] },
    parts,
  }),
} as const satisfies Record<string, MetricDefinition>;
