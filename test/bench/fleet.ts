import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { WebhookEndpoint } from "../../internal/controller/resource.ts";
import { KubeClient } from "../../internal/kube/client.ts";
import { EndpointCluster, webhookEndpoints } from "../../internal/kube/endpoint-cluster.ts";
import { EventRecorder } from "../../internal/kube/event-recorder.ts";
import { loadKubeConfig } from "../../internal/kube/kube-config.ts";
import { ResourceClient } from "../../internal/kube/resource-client.ts";
import { webhookEndpoint } from "../harness/install.ts";
import { conditionOf, Operator } from "../harness/operator.ts";
import { until } from "../harness/wait.ts";
import { ownSeconds, processorSeconds } from "./processor-time.ts";
import { samplesOf } from "./prometheus-text.ts";

/** Namespaces that the resources are spread over, all of one workspace. */
const namespaces = 10;
/** How often the controller is asked how far it is, in ms. */
const askMs = 500;
/** How often all resources are listed, in ms: a list of ten thousand is a second's work of the API server. */
const listMs = 3_000;
/** Requests at once that make them: as many as a busy pipeline has. */
const creators = 32;
/** As many as a controller works on at once, unless told otherwise. */
const reconciles = 16;

/** Processor seconds by process. */
export type FleetUsage = Record<string, number>;
/** Requests that the API server answered well, by `VERB resource`. */
export type Requests = Record<string, number>;

/** A cluster with a controller, and the system behind it, that are given very many resources. */
export class Fleet implements AsyncDisposable {
  readonly #operator: Operator;
  readonly #client: KubeClient;
  readonly #resources: ResourceClient<WebhookEndpoint>;

  private constructor(operator: Operator) {
    this.#operator = operator;
    const config = loadKubeConfig({ file: operator.cluster.kubeconfig });
    this.#client = new KubeClient({ config, userAgent: "sealpost-bench" });
    this.#resources = new ResourceClient(this.#client, webhookEndpoints);
  }

  static async start(resources: number, nodeArgs: string[]): Promise<Fleet> {
    const env = { ENDPOINTS_PER_WORKSPACE: String(2 * resources), LOG_LEVEL: "warn" };
    const system = { ownPostgres: true, env, nodeArgs };
    // What a resync costs is what each look costs after the restart: on a busy machine it would begin before the end.
    const controller = { LOG_LEVEL: "warn", CONTROLLER_RESYNC: "1h" };
    return new Fleet(await Operator.start({ system, nodeArgs, env: controller }));
  }

  /** Makes so many resources, from when on each is the controller's to see. */
  async create(count: number): Promise<void> {
    const names = await Promise.all(Array.from({ length: namespaces }, () => this.#operator.namespace()));
    await inParallel(count, creators, async (i) => {
      await this.#resources.create(resource(names[i % namespaces] ?? "", `endpoint-${i}`));
    });
  }

  /**
   * The same requests for so many more, one after the other as the controller sends them, and nothing else: no controller,
   * no API, no Postgres. What that takes is Kubernetes' own.
   */
  async bareWrites(count: number): Promise<void> {
    for (const controller of this.#operator.controllers) await this.#operator.pause(controller);
    const { items } = await this.#resources.page({}, 1, undefined, AbortSignal.timeout(60_000));
    const { status = {}, metadata } = items[0] as WebhookEndpoint;
    const events = new EventRecorder({
      client: this.#client,
      controller: "sealpost.dev/bench",
      instance: "bench",
      onError: (_message, error) => console.error(error),
    });
    const writes = new EndpointCluster(this.#client, events);
    const secret = await writes.readSecret(metadata.namespace, `${metadata.name}-signing`);
    const namespace = await this.#operator.cluster.namespace();
    await inParallel(count, reconciles, async (i) => {
      const made = await this.#resources.create(resource(namespace, `bare-${i}`));
      const held = await writes.setFinalizer(made, true);
      const name = `bare-${i}-signing`;
      const { labels = {}, annotations = {}, ownerReferences: owners = [] } = secret?.metadata ?? {};
      const ownerReferences = owners.map((owner) => ({ ...owner, name: made.metadata.name, uid: made.metadata.uid }));
      await writes.writeSecret({ ...secret, metadata: { namespace, name, labels, annotations, ownerReferences } });
      await writes.writeStatus(held, status);
      writes.event(held, { type: "Normal", reason: "EndpointCreated", action: "CreateEndpoint", message: `made ${i}` });
    });
    await events.drain(60_000);
  }

  /** Resolves when the API server says of so many that they are ready. It is asked once the controller thinks so. */
  async ready(count: number, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    await this.#seen(count, timeoutMs);
    for (let ready = await this.#readyCount(); ready < count; ready = await this.#readyCount()) {
      if (Date.now() > deadline) throw new Error(`${ready} of ${count} resources are ready after ${timeoutMs} ms`);
      await sleep(listMs);
    }
  }

  /** Ends the controller as an upgrade does and starts it again. Resolves when it has looked at so many. */
  async restart(count: number): Promise<void> {
    const [controller] = this.#operator.controllers;
    await controller?.terminate();
    await until(() => controller?.running, { what: "the controller to run again" });
    await controller?.ready(120_000);
    await this.#seen(count, 600_000);
  }

  usage(): FleetUsage {
    const { cluster, road, controllers } = this.#operator;
    const { apis, deliveries, postgres, nats } = road.system;
    const pids: Record<string, number[]> = {
      controller: controllers.map(({ pid }) => pid),
      api: apis.map(({ pid }) => pid),
      postgres: postgres ? [postgres.pid] : [],
      "kube-apiserver": [cluster.controlPlane.apiServer.pid],
      etcd: [cluster.controlPlane.etcd.pid],
      "kube-controllers": [cluster.controlPlane.controllers.pid],
      "delivery and nats": [...deliveries, ...Object.values(nats)].map(({ pid }) => pid),
    };
    const seconds = (each: number[]) => each.reduce((sum, pid) => sum + processorSeconds(pid), 0);
    const usage = Object.entries(pids).map(([name, each]) => [name, seconds(each)]);
    return { ...(Object.fromEntries(usage) as FleetUsage), "creating and counting": ownSeconds() };
  }

  /** The controller's resident memory now and at its highest, in MiB. */
  memory(): { now: number; highest: number } {
    const text = readFileSync(`/proc/${this.#operator.controllers[0]?.pid}/status`, "utf8");
    const mebibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
    return { now: mebibytes("VmRSS"), highest: mebibytes("VmHWM") };
  }

  /** From everybody, as the API server counts them; leases and what is refused are left out. */
  async requests(): Promise<Requests> {
    const text = await this.#operator.cluster.ask("get", "--raw", "/metrics");
    const counted: Requests = {};
    for (const { labels, value } of samplesOf(text, "apiserver_request_total")) {
      const { verb = "", resource = "", subresource, code = "" } = labels;
      if (!code.startsWith("2") || !["webhookendpoints", "secrets", "events"].includes(resource)) continue;
      const name = `${verb} ${resource}${subresource ? `/${subresource}` : ""}`;
      counted[name] = (counted[name] ?? 0) + value;
    }
    return counted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // In order, so that profiles are written.
    await this.#operator.terminateControllers();
    await Promise.all(this.#operator.road.system.apis.map((child) => child.terminate()));
    await this.#operator[Symbol.asyncDispose]();
  }

  async #readyCount(): Promise<number> {
    const signal = AbortSignal.timeout(120_000);
    let ready = 0;
    for (let after: string | undefined; ; ) {
      const { items, next } = await this.#resources.page({}, 500, after, signal);
      ready += items.filter((item) => conditionOf(item, "Ready")?.status === "True").length;
      if (next === undefined) return ready;
      after = next;
    }
  }

  /** Resolves when so many reconciles have ended well since the controller started. Asking costs it 5 ms each time. */
  async #seen(count: number, timeoutMs: number): Promise<void> {
    const { metrics } = this.#operator.controllers[0] ?? {};
    const deadline = Date.now() + timeoutMs;
    for (let seen = 0; seen < count; await sleep(askMs)) {
      if (Date.now() > deadline) throw new Error(`the controller has seen ${seen} of ${count} after ${timeoutMs} ms`);
      const text = await (await fetch(`${metrics}/metrics`)).text();
      const results = samplesOf(text, "controller_runtime_reconcile_total");
      seen = results.reduce((sum, { labels, value }) => (labels.result === "error" ? sum : sum + value), 0);
    }
  }
}

function resource(namespace: string, name: string): WebhookEndpoint {
  const spec = { url: "http://localhost:9/never", events: ["never.published"] };
  return webhookEndpoint(namespace, name, spec) as WebhookEndpoint;
}

/** Calls `work` with 0 to `count` - 1, `width` at a time. */
async function inParallel(count: number, width: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < count; i = next++) await work(i);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
