import { hostname } from "node:os";
import { Breaker } from "../internal/apiclient/breaker.ts";
import { EndpointClient } from "../internal/apiclient/endpoint-client.ts";
import { controllerSettings } from "../internal/config/parts.ts";
import { readSettings } from "../internal/config/read.ts";
import { version } from "../internal/config/version.ts";
import { ApiRefusal } from "../internal/controller/ports.ts";
import { Reconciler } from "../internal/controller/reconciler.ts";
import { isAway } from "../internal/controller/refusal.ts";
import { isConflict } from "../internal/kube/api-error.ts";
import { KubeClient } from "../internal/kube/client.ts";
import { nameCluster } from "../internal/kube/cluster-name.ts";
import { EndpointCluster, webhookEndpoints } from "../internal/kube/endpoint-cluster.ts";
import { EndpointWatch } from "../internal/kube/endpoint-watch.ts";
import { EventRecorder } from "../internal/kube/event-recorder.ts";
import { loadKubeConfig } from "../internal/kube/kube-config.ts";
import { LeaderElection } from "../internal/kube/leader-election.ts";
import { leaseTimes } from "../internal/kube/lease-times.ts";
import { ReconcileLoop } from "../internal/kube/reconcile-loop.ts";
import { WorkQueue } from "../internal/kube/work-queue.ts";
import type { Lifecycle } from "../internal/lifecycle/lifecycle.ts";
import { exitCodes } from "../internal/lifecycle/run.ts";
import { newSecret } from "../internal/signing/secret.ts";
import type { Logger } from "../internal/telemetry/logger.ts";
import { createMetrics } from "../internal/telemetry/metrics.ts";
import { serveMetrics } from "../internal/telemetry/metrics-server.ts";
import { openChannel } from "./api-channel.ts";
import { observeKube, observeLoop } from "./observe-kube.ts";

const name = "webhookendpoint";
/** Named in deploy/rbac, which lets nobody write another one. */
const leaseName = "sealpost-controller";
/** A namespace's first resource may be seen before the namespace is: it is looked at again after this long, in ms. */
const unknownNamespaceMs = 250;
/** Of the time to drain, what telling the last events may take, in ms; reconciles have most of the rest. */
const eventsMs = 2_000;
const reconcilesMs = 8_000;

/** Joins the parts of a controller and starts them. Returns when it has seen what there is, and leads or could. */
export async function serveController(lifecycle: Lifecycle, logger: Logger): Promise<void> {
  const settings = readSettings(controllerSettings, { defaults: { METRICS_PORT: 9466 } });
  const onError = (message: string, error: unknown) => {
    // The API's own refusals stand in the status of the resource, for whom they concern; what was changed in between
    // is looked at again, which is no trouble either.
    const level = error instanceof ApiRefusal || isConflict(error) ? "debug" : "warn";
    logger[level]({ err: error }, message);
  };
  const inDevelopment = settings.SEALPOST_MODE === "development";
  const host = settings.LISTEN_ADDRESS || (inDevelopment ? "127.0.0.1" : "0.0.0.0");
  const identity = `${settings.POD_NAME || hostname()}-${process.pid}-${Date.now().toString(36)}`;

  const metrics = createMetrics({ part: "controller", version });
  const observer = observeKube(metrics);
  const config = loadKubeConfig();
  const userAgent = `sealpost-controller/${version}`;
  const plain = new KubeClient({ config, userAgent, observer });
  const namespace = settings.CONTROLLER_LEASE_NAMESPACE || config.namespace || "default";
  const election = new LeaderElection({
    client: plain,
    lease: { namespace, name: leaseName },
    identity,
    onError,
    observer,
    ...leaseTimes(settings.CONTROLLER_LEASE_DURATION),
  });
  const mayWrite = () => election.leads;
  const metricsServer = await serveMetrics({
    port: settings.METRICS_PORT,
    host,
    metrics,
    notReady: () => lifecycle.notReady(),
    notLive: () => election.notLive(),
  });
  lifecycle.onStop("metrics", () => metricsServer.close());
  logger.info(
    { version, identity, metricsPort: metricsServer.port, apiServer: config.base.origin },
    "controller starts",
  );

  const clusterName = settings.CONTROLLER_CLUSTER_NAME || (await nameCluster(plain));
  const channel = openChannel(settings, lifecycle, logger);

  const client = new KubeClient({ config, userAgent, observer, mayWrite });
  const queue = new WorkQueue({ name, observer });
  const watch = new EndpointWatch({
    client: plain,
    namespaces: settings.CONTROLLER_NAMESPACES,
    onWork: (each) => queue.add(each),
    onError,
    observer,
  });
  // Given up last, when nothing is written any more.
  lifecycle.onStop("the lease", () => election.release());
  lifecycle.onStop("watches", () => watch.stop());
  const events = new EventRecorder({ client, controller: "sealpost.dev/controller", instance: identity, onError });
  lifecycle.onStop("events", () => events.drain(eventsMs));
  const reconciler = new Reconciler({
    api: new EndpointClient(new Breaker(channel), mayWrite),
    cluster: new EndpointCluster(client, events),
    clusterName,
    workspaceOf: (each) => watch.workspaceOf(each),
    resyncMs: settings.CONTROLLER_RESYNC,
    newSecret,
  });
  const loop = new ReconcileLoop({
    name,
    queue,
    onError,
    isAway,
    onAway: (err) => logger.warn({ err }, "the API is away: resources that need it wait"),
    onBack: (resources) => logger.info({ resources }, "the API is back: resources that waited go on"),
    observer,
    workers: settings.CONTROLLER_CONCURRENCY,
    async reconcile(each) {
      const resource = watch.get(each);
      if (!resource) return {};
      if (!watch.knows(resource.metadata.namespace)) return { againMs: unknownNamespaceMs };
      const { againMs, stalled } = await reconciler.reconcile(resource);
      return { againMs, terminal: stalled };
    },
  });
  observeLoop(metrics, loop);

  const lead = async () => {
    await election.acquire();
    if (lifecycle.isStopping) return;
    void election.lost.then((why) => {
      // Somebody else leads, or soon will: the fewer lines of this process run, the better.
      logger.fatal(why);
      process.exit(exitCodes.failed);
    });
    loop.start();
    lifecycle.onStop("reconciles", (withinMs) => loop.stop(Math.min(withinMs, reconcilesMs)));
    logger.info("controller leads");
  };
  watch.start();
  await watch.synced();
  logger.info({ [webhookEndpoints.plural]: watch.size }, "watching; waiting for the lease");
  // Not awaited: who waits for the Lease is ready to take over. Else a Deployment of several would never be complete,
  // and an update would wait for a new pod that waits for the old one.
  void lead();
}
