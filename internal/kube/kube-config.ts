import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { bufferFromFileOrString, HttpMethod, KubeConfig, RequestContext } from "@kubernetes/client-node";

/** How long what was read from files and plugins is taken for current, in ms. Kubelet renews a token long before it ends. */
const defaultFreshMs = 5_000;

type Dispatcher = NonNullable<ReturnType<RequestContext["getDispatcher"]>>;

/** What every request carries. */
interface Credentials {
  headers: [name: string, value: string][];
  dispatcher: Dispatcher | undefined;
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
  #pool: { material: string; dispatcher: Dispatcher | undefined } | undefined;

  constructor(freshMs = defaultFreshMs) {
    super();
    this.#freshMs = freshMs;
  }

  /** `https://host:port`, perhaps with a path. */
  get server(): string {
    return this.getCurrentCluster()?.server.replace(/\/+$/, "") ?? "";
  }

  /** The namespace that the configuration names: in a pod, its own. */
  get namespace(): string | undefined {
    return this.getContextObject(this.getCurrentContext())?.namespace;
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    if (performance.now() - this.#readAt > this.#freshMs) this.refresh();
    const reading = (this.#current ??= this.#read());
    // A file that is just being written is read again by the next request.
    reading.catch(() => this.refresh());
    const { headers, dispatcher } = await reading;
    for (const [name, value] of headers) context.setHeaderParam(name, value);
    if (dispatcher) context.setDispatcher(dispatcher);
  }

  /** What was read does not count any more: the API server refused it. */
  refresh(): void {
    this.#current = undefined;
    this.#readAt = performance.now();
  }

  async #read(): Promise<Credentials> {
    const probe = new RequestContext(this.server, HttpMethod.GET);
    await super.applySecurityAuthentication(probe);
    const tokenFile = this.#tokenFile();
    // The parent believes a token file for a minute.
    if (tokenFile) probe.setHeaderParam("Authorization", `Bearer ${readFileSync(tokenFile, "utf8").trim()}`);
    const material = this.#material();
    if (this.#pool?.material !== material) {
      void this.#pool?.dispatcher?.close().catch(() => {});
      this.#pool = { material, dispatcher: probe.getDispatcher() };
    }
    const { dispatcher } = this.#pool;
    return { headers: Object.entries(probe.getHeaders()), dispatcher };
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
