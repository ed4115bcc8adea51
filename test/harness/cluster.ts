import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { freePort } from "../../internal/devstack/free-port.ts";
import { type KubeControlPlane, startKubeControlPlane } from "../../internal/devstack/kube-control-plane.ts";
import { kubeconfig } from "../../internal/devstack/kube-credentials.ts";
import { findKubePrograms } from "../../internal/devstack/kube-finder.ts";
import { type Ran, runKubectl } from "./kubectl.ts";
import { temporaryFolder } from "./temporary.ts";

/** What cluster-setup.ts leaves for the tests: a Shared, or why there is none. */
export const sharedVariable = "SEALPOST_TEST_CLUSTER";
export const absentVariable = "SEALPOST_TEST_CLUSTER_ABSENT";

export interface Shared {
  /** A file. */
  kubeconfig: string;
  /** The program. */
  kubectl: string;
}

/** A Kubernetes object, as far as every kind has it. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; uid?: string; resourceVersion?: string; [field: string]: unknown };
  [field: string]: unknown;
}

/** A real API server with etcd and the controllers that need no node. */
export class Cluster {
  /** A file, for one who may do everything. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** PEM of what signed the API server's certificate. */
  readonly authority: string;
  readonly #kubectl: string;

  constructor(shared: Shared) {
    this.kubeconfig = shared.kubeconfig;
    this.#kubectl = shared.kubectl;
    // kubeconfig() writes JSON.
    const { clusters } = JSON.parse(readFileSync(shared.kubeconfig, "utf8")) as {
      clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
    };
    const { server, "certificate-authority-data": authority } = clusters[0].cluster;
    this.url = server;
    this.authority = Buffer.from(authority, "base64").toString();
  }

  /** As a person at a terminal; `as`: a kubeconfig file of somebody else than the administrator. */
  kubectl(args: string[], stdin?: string, as = this.kubeconfig): Promise<Ran> {
    return runKubectl(this.#kubectl, as, args, stdin);
  }

  /** What kubectl prints. @throws Error with its complaint. */
  async ask(...args: string[]): Promise<string> {
    const { stdout, stderr, code } = await this.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Server-side apply. @throws Error with the API server's refusal. */
  async apply(...objects: KubeObject[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    const { stderr, code } = await this.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(list));
    if (code !== 0) throw new Error(`not applied: ${stderr}`);
  }

  /** `kubectl get <args> -o json`; undefined when there is no such object. */
  async get<T = KubeObject>(...args: string[]): Promise<T | undefined> {
    const text = await this.ask("get", ...args, "--ignore-not-found", "-o", "json");
    return text === "" ? undefined : (JSON.parse(text) as T);
  }

  /** A new namespace of the caller's own, with these labels. */
  async namespace(labels: Record<string, string> = {}): Promise<string> {
    const name = `test-${randomBytes(5).toString("hex")}`;
    await this.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
    return name;
  }

  /** A kubeconfig file for a service account, with a token of its own as its pods would have it. */
  async actAs(namespace: string, serviceAccount: string): Promise<string> {
    const token = (await this.ask("create", "token", serviceAccount, "-n", namespace)).trim();
    const file = path.join(temporaryFolder("service-account"), "kubeconfig");
    const { url: server, authority } = this;
    writeFileSync(file, kubeconfig({ server, authority, user: serviceAccount, token }), { mode: 0o600 });
    return file;
  }
}

/** A cluster of the caller's own, whose parts may be paused, killed and started. */
export interface OwnCluster extends Cluster, AsyncDisposable {
  readonly controlPlane: KubeControlPlane;
  /** What another process needs to use it. */
  readonly shared: Shared;
}

/** Starts one; some 4 s. `flags`: more of them for kube-apiserver. */
export async function startCluster(options: { flags?: string[] } = {}): Promise<OwnCluster> {
  const programs = await findKubePrograms();
  const controlPlane = await startKubeControlPlane({
    programs,
    folder: temporaryFolder("cluster"),
    ports: { api: await freePort(), etcd: await freePort(), etcdPeer: await freePort() },
    ...(options.flags && { flags: options.flags }),
  });
  const shared = { kubeconfig: controlPlane.kubeconfig, kubectl: programs.kubectl };
  return Object.assign(new Cluster(shared), { shared, controlPlane, [Symbol.asyncDispose]: () => controlPlane.kill() });
}

/** The cluster that cluster-setup.ts started for the whole run: each test works in namespaces of its own. */
export function sharedCluster(): Cluster {
  const shared = process.env[sharedVariable];
  if (!shared) throw new Error("only the tests of jest's project `cluster` share a cluster");
  return new Cluster(JSON.parse(shared) as Shared);
}
