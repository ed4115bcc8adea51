import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { AgentOptions } from "node:https";
import { getCACertificates } from "node:tls";
import {
  bufferFromFileOrString,
  type Cluster,
  type DispatcherOptions,
  HttpMethod,
  KubeConfig,
  RequestContext,
} from "@kubernetes/client-node";

/** How long what was read from files and plugins is taken for current, in ms. Kubelet renews a token long before it ends. */
const defaultFreshMs = 5_000;

/** undici's, which this folder has only by way of client-node. */
type Dispatcher = NonNullable<ReturnType<RequestContext["getDispatcher"]>>;
export type KubeAnswer = Awaited<ReturnType<Dispatcher["request"]>>;

/** What every request carries, and the connections on which it goes. */
interface Credentials {
  headers: { [name: string]: string };
  dispatcher: Dispatcher;
}

/**
 * Who we are and where the API server is. Unlike its parent it keeps connections: that one makes a new pool, and so a
 * TLS handshake, for every request. Certificates and tokens that change on disk are noticed, and connections made with
 * others are then left to end.
 */
export class SteadyKubeConfig extends KubeConfig {
  readonly #freshMs: number;
  #current: Promise<Credentials> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #pool: { material: string; dispatcher: Dispatcher } | undefined;
  #base: URL | undefined;

  constructor(freshMs = defaultFreshMs) {
    super();
    this.#freshMs = freshMs;
  }

  /** Where the API server is; the path, when there is one, does not end in a slash. */
  get base(): { origin: string; pathname: string } {
    this.#base ??= new URL(this.getCurrentCluster()?.server ?? "");
    return { origin: this.#base.origin, pathname: this.#base.pathname.replace(/\/+$/, "") };
  }

  /** The namespace that the configuration names: in a pod, its own. */
  get namespace(): string | undefined {
    return this.getContextObject(this.getCurrentContext())?.namespace;
  }

  /** Who we are at this moment. */
  async credentials(): Promise<Credentials> {
    if (performance.now() - this.#readAt > this.#freshMs) this.refresh();
    const reading = (this.#current ??= this.#read());
    // A file that is just being written is read again by the next request.
    reading.catch(() => this.refresh());
    return reading;
  }

  /** What was read does not count any more: the API server refused it. */
  refresh(): void {
    this.#current = undefined;
    this.#readAt = performance.now();
  }

  /** Where nothing is said about TLS the parent has no pool: one with the authorities that Node trusts. */
  override createDispatcherOptions(cluster: Cluster | null, options: AgentOptions): DispatcherOptions {
    return super.createDispatcherOptions(cluster, options.ca ? options : { ...options, ca: getCACertificates() });
  }

  async #read(): Promise<Credentials> {
    const probe = new RequestContext(this.base.origin, HttpMethod.GET);
    await this.applySecurityAuthentication(probe);
    const tokenFile = this.#tokenFile();
    // The parent believes a token file for a minute.
    if (tokenFile) probe.setHeaderParam("Authorization", `Bearer ${readFileSync(tokenFile, "utf8").trim()}`);
    const material = this.#material();
    const dispatcher = probe.getDispatcher();
    if (!dispatcher) throw new Error("the Kubernetes configuration leads to no connection");
    if (this.#pool?.material !== material) {
      void this.#pool?.dispatcher.close().catch(() => {});
      this.#pool = { material, dispatcher };
    }
    return { headers: probe.getHeaders(), dispatcher: this.#pool.dispatcher };
  }

  #tokenFile(): string | undefined {
    const provider = this.getCurrentUser()?.authProvider as { config?: { tokenFile?: string } } | undefined;
    return provider?.config?.tokenFile;
  }

  /** A digest of what a connection is made with; tokens travel with each request and are no part of it. */
  #material(): string {
    const cluster = this.getCurrentCluster();
    const user = this.getCurrentUser();
    const parts = [
      bufferFromFileOrString(cluster?.caFile, cluster?.caData),
      bufferFromFileOrString(user?.certFile, user?.certData),
      bufferFromFileOrString(user?.keyFile, user?.keyData),
    ];
    const hash = createHash("sha256");
    for (const part of parts) hash.update(`${part?.length ?? 0}:`).update(part ?? "");
    return hash.digest("hex");
  }
}

export interface KubeConfigOptions {
  /** A kubeconfig file; without one, the pod's own service account, else KUBECONFIG, else ~/.kube/config. */
  file?: string;
  /** Another context than the file's current one. */
  context?: string;
  /** For tests: what is before `/var/run/secrets/…`. */
  root?: string;
  /** For tests: how long what was read counts, in ms. */
  freshMs?: number;
}

/** @throws Error that says what is missing, and which ways there are. */
export function loadKubeConfig({ file, context, root = "", freshMs }: KubeConfigOptions = {}): SteadyKubeConfig {
  const config = new SteadyKubeConfig(freshMs);
  try {
    if (file) config.loadFromFile(file);
    else if (process.env.KUBERNETES_SERVICE_HOST) loadFromPod(config, root);
    else config.loadFromDefault();
  } catch (cause) {
    throw new Error(`the Kubernetes configuration cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (context) config.setCurrentContext(context);
  if (!config.getCurrentCluster()) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Error(
      `the Kubernetes configuration has no context ${JSON.stringify(config.getCurrentContext())}` +
        ` (it has: ${known.join(", ") || "none"}): set KUBECONFIG to a file that has`,
    );
  }
  return config;
}

function loadFromPod(config: SteadyKubeConfig, root: string): void {
  const token = `${root}/var/run/secrets/kubernetes.io/serviceaccount/token`;
  if (!existsSync(token)) throw new Error(`there is no ${token}: let the pod mount its service account's token`);
  config.loadFromCluster(root);
}
