import { describe, expect, it } from "@jest/globals";
import { ReconcileLoop } from "../internal/kube/reconcile-loop.ts";
import { WorkQueue } from "../internal/kube/work-queue.ts";
import { createMetrics } from "../internal/telemetry/metrics.ts";
import { observeKube, observeLoop } from "./observe-kube.ts";

describe("the controller's metrics", () => {
  it("have the names and labels that dashboards for controller-runtime ask for", async () => {
    const metrics = createMetrics({ part: "controller", version: "1" });
    const observer = observeKube(metrics);
    const name = "webhookendpoint";
    const queue = new WorkQueue({ name, observer, backoff: { firstMs: 1, longestMs: 1 } });
    const fails = [new Error("the API is away")];
    const { promise: held, resolve: letGo } = Promise.withResolvers<object>();
    const loop = new ReconcileLoop({
      name,
      queue,
      observer,
      reconcile: async (key) => {
        const error = fails.shift();
        if (error) throw error;
        return key === "held" ? held : {};
      },
      onError: () => {},
      workers: 1,
    });
    observeLoop(metrics, loop);
    loop.start();
    queue.add("a");
    while (!(await metrics.text()).includes('result="success"} 1')) await new Promise((wake) => setTimeout(wake, 1));
    queue.add("held");
    queue.add("b");
    await new Promise((wake) => setImmediate(wake));
    observer.request("GET", "200");
    observer.leading("sealpost-controller", true);
    observer.watchEnded("webhookendpoints", "gone");
    observer.terminal(name);

    const text = await metrics.text();
    letGo({});
    await loop.stop(1000);
    for (const line of [
      'controller_runtime_reconcile_total{controller="webhookendpoint",result="error"} 1',
      'controller_runtime_reconcile_total{controller="webhookendpoint",result="success"} 1',
      'controller_runtime_reconcile_errors_total{controller="webhookendpoint"} 1',
      'controller_runtime_terminal_reconcile_errors_total{controller="webhookendpoint"} 1',
      'controller_runtime_reconcile_time_seconds_count{controller="webhookendpoint"} 2',
      'controller_runtime_max_concurrent_reconciles{controller="webhookendpoint"} 1',
      'controller_runtime_active_workers{controller="webhookendpoint"} 1',
      'controller_runtime_reconcile_panics_total{controller="webhookendpoint"} 0',
      'workqueue_depth{name="webhookendpoint"} 1',
      'workqueue_adds_total{name="webhookendpoint"} 4',
      'workqueue_retries_total{name="webhookendpoint"} 1',
      'workqueue_queue_duration_seconds_count{name="webhookendpoint"} 3',
      'workqueue_work_duration_seconds_count{name="webhookendpoint"} 2',
      'leader_election_master_status{name="sealpost-controller"} 1',
      'rest_client_requests_total{method="GET",code="200"} 1',
      'sealpost_kube_watches_ended_total{resource="webhookendpoints",why="gone"} 1',
    ])
      expect(text).toContain(line);
    expect(text).toMatch(/^workqueue_longest_running_processor_seconds\{name="webhookendpoint"\} 0\.0/m);
  });
});
