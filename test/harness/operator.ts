import type { Condition } from "../../internal/controller/conditions.ts";
import type { WebhookEndpoint } from "../../internal/controller/resource.ts";
import { freePort } from "../../internal/devstack/free-port.ts";
import { Child } from "./child.ts";
import { type KubeObject, type OwnCluster, startCluster } from "./cluster.ts";
import { reportFailure } from "./failures.ts";
import { installResources, webhookEndpoint } from "./install.ts";
import { type KubeProxy, startKubeProxy } from "./kube-proxy.ts";
import { Road } from "./road.ts";
import { until } from "./wait.ts";

/** How soon a controller that has ended is started again, in ms. */
const restartMs = 200;

export interface OperatorOptions {
  /** More settings for the controllers. */
  env?: Record<string, string>;
  /** More flags for kube-apiserver. */
  flags?: string[];
  /** For the system behind it. */
  system?: Parameters<typeof Road.start>[0];
  /** Whether controllers reach the API server through `proxy`, which injects faults. */
  proxied?: boolean;
  /** For the node of every controller, e.g. ["--cpu-prof"]. */
  nodeArgs?: string[];
}

/** The whole of it: a cluster of its own, the system with a tenant and a receiver, and the controller between them. */
export class Operator implements AsyncDisposable {
  readonly cluster: OwnCluster;
  readonly road: Road;
  /** With `proxied` only. */
  readonly proxy: KubeProxy | undefined;
  readonly controllers: Child[] = [];
  readonly #env: Record<string, string> & { KUBECONFIG: string };
  readonly #nodeArgs: string[];
  /** Those that are started again when they end, as a node does with a pod's process. */
  readonly #kept = new Set<Child>();
  readonly #keeper: NodeJS.Timeout;

  private constructor(
    parts: Pick<Operator, "cluster" | "road" | "proxy">,
    env: Record<string, string> & { KUBECONFIG: string },
    nodeArgs: string[],
  ) {
    this.cluster = parts.cluster;
    this.road = parts.road;
    this.proxy = parts.proxy;
    this.#env = env;
    this.#nodeArgs = nodeArgs;
    this.#keeper = setInterval(() => {
      for (const child of this.#kept) if (!child.running) child.launch();
    }, restartMs);
  }

  static async start(options: OperatorOptions = {}): Promise<Operator> {
    const [cluster, road] = await Promise.all([startInstalled(options.flags), Road.start(options.system)]);
    const env = {
      // On its ServiceAccount's token, so that what is installed must be enough.
      KUBECONFIG: await cluster.actAs("sealpost-system", "sealpost-controller"),
      CONTROLLER_API_URL: `http://${road.system.apis[0]?.grpc}`,
      CONTROLLER_API_KEY: road.tenant.companyKey,
      CONTROLLER_LEASE_NAMESPACE: "sealpost-system",
      ...options.env,
    };
    const proxy = options.proxied ? await startKubeProxy(cluster) : undefined;
    const operator = new Operator({ cluster, road, proxy }, env, options.nodeArgs ?? []);
    reportFailure(() => operator.#printOutput());
    await operator.addController();
    return operator;
  }

  /**
   * Another controller. With `env`, other settings; `wait`: until it is ready, to lead or to take over; `direct`: past the
   * proxy.
   */
  async addController(
    env: Record<string, string> = {},
    { wait = this.controllers.length === 0, direct = false } = {},
  ): Promise<Child> {
    const port = await freePort();
    const { KUBECONFIG: own } = this.#env;
    const KUBECONFIG = direct ? own : (this.proxy?.through(own) ?? own);
    const child = new Child({
      name: `controller ${this.controllers.length + 1}`,
      program: "cmd/controller.ts",
      env: { METRICS_PORT: String(port), ...this.#env, KUBECONFIG, ...env },
      metrics: `http://127.0.0.1:${port}`,
      nodeArgs: this.#nodeArgs,
    });
    this.controllers.push(child);
    child.launch();
    this.#kept.add(child);
    if (wait) await child.ready(120_000);
    return child;
  }

  /** Ends a controller in good order, so that nobody waits for its Lease; it stays ended until `resume`. */
  async pause(child: Child | undefined): Promise<void> {
    if (!child) return;
    this.#kept.delete(child);
    await child.terminate();
  }

  /** Ends every controller with SIGTERM, for good: what they write when they end in good order is there then. */
  async terminateControllers(): Promise<void> {
    this.#kept.clear();
    await Promise.all(this.controllers.map((child) => child.terminate()));
  }

  resume(child: Child | undefined): void {
    if (child) this.#kept.add(child);
  }

  /** A namespace that belongs to the tenant's workspace. */
  namespace(): Promise<string> {
    return this.cluster.namespace({ "sealpost.dev/workspace": this.road.tenant.workspaceId });
  }

  /** A resource at the tenant's receiver, for every event. */
  async apply(namespace: string, name: string, spec: object = {}, metadata: object = {}): Promise<void> {
    const whole = { url: `${this.road.receiver.url}/${name}`, events: ["*"], ...spec };
    await this.cluster.apply(webhookEndpoint(namespace, name, whole, metadata));
  }

  async get(namespace: string, name: string): Promise<WebhookEndpoint | undefined> {
    return (await this.cluster.get("whe", name, "-n", namespace)) as unknown as WebhookEndpoint | undefined;
  }

  /** `kubectl wait`. @throws Error when it does not come to that. */
  async wait(namespace: string, name: string, condition = "Ready"): Promise<WebhookEndpoint> {
    await this.cluster.ask("wait", `--for=condition=${condition}`, `whe/${name}`, "-n", namespace, "--timeout=150s");
    return (await this.get(namespace, name)) as WebhookEndpoint;
  }

  /** Waits until a condition has this reason, for the generation that there is; answers the condition. */
  condition(namespace: string, name: string, type: string, reason: string, timeoutMs = 150_000): Promise<Condition> {
    const look = async () => {
      const found = await this.get(namespace, name);
      const condition = conditionOf(found, type);
      const current = condition?.observedGeneration === found?.metadata.generation;
      return current && condition?.reason === reason ? condition : undefined;
    };
    return until(look, { timeoutMs, what: `${type} of ${namespace}/${name} to say ${reason}` });
  }

  /** Events about a resource, as `reason: note`. */
  async events(namespace: string, name: string): Promise<string[]> {
    const list = await this.cluster.get<
      KubeObject & { items: { reason: string; note: string; regarding: { name: string } }[] }
    >("events.events.k8s.io", "-n", namespace);
    const about = list?.items.filter(({ regarding }) => regarding.name === name) ?? [];
    return about.map(({ reason, note }) => `${reason}: ${note}`);
  }

  /** Waits for an event about a resource that says this. */
  async told(namespace: string, name: string, text: string): Promise<void> {
    const look = async () => (await this.events(namespace, name)).join().includes(text);
    await until(look, { what: `the event ${text}` });
  }

  /** A value of a Secret; undefined when there is none. */
  async secret(namespace: string, name: string, key = "secret"): Promise<string | undefined> {
    const found = await this.cluster.get<KubeObject & { data?: Record<string, string> }>(
      "secret",
      name,
      "-n",
      namespace,
    );
    const value = found?.data?.[key];
    return value === undefined ? undefined : Buffer.from(value, "base64").toString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#keeper);
    await Promise.all(this.controllers.map((child) => child.kill()));
    await this.proxy?.[Symbol.asyncDispose]();
    await this.road[Symbol.asyncDispose]();
    await this.cluster[Symbol.asyncDispose]();
  }

  #printOutput(): void {
    for (const child of this.controllers) {
      process.stderr.write(`\n--- ${child.name} (pid ${child.pid})\n${child.output().slice(-60).join("\n")}\n`);
    }
  }
}

/** A cluster of the caller's own with the resource in it. */
async function startInstalled(flags?: string[]): Promise<OwnCluster> {
  const cluster = await startCluster(flags ? { flags } : {});
  await installResources(cluster);
  return cluster;
}

export function conditionOf(resource: WebhookEndpoint | undefined, type: string): Condition | undefined {
  return resource?.status?.conditions?.find((condition) => condition.type === type);
}
