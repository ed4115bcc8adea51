import { writeFileSync } from "node:fs";
import path from "node:path";
import { type Etcd, startEtcd } from "./etcd-server.ts";
import { type KubeApiServer, startKubeApiServer } from "./kube-api-server.ts";
import { kubeconfig } from "./kube-credentials.ts";
import type { KubePrograms } from "./kube-finder.ts";
import { type NativeServer, startNativeServer } from "./native-server.ts";

export interface KubeControlPlaneOptions {
  programs: KubePrograms;
  /** Made when it is missing; what the API server keeps is there again after the next start. */
  folder: string;
  ports: { api: number; etcd: number; etcdPeer: number };
  /** More flags for kube-apiserver. */
  flags?: readonly string[];
}

export interface KubeControlPlane {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** A file, for one who may do everything. */
  readonly kubeconfig: string;
  /** PEM of what signed the API server's certificate. */
  readonly authority: string;
  readonly etcd: Etcd;
  readonly apiServer: KubeApiServer;
  readonly controllers: NativeServer;
  /** In good order. */
  stop(): Promise<void>;
  /** At once. */
  kill(): Promise<void>;
}

/**
 * What a cluster without nodes needs to be one: objects whose owner is gone are collected, namespaces end, and have
 * their service account and the API server's authority in them, roles are aggregated.
 */
const controllers = [
  "garbage-collector-controller",
  "namespace-controller",
  "serviceaccount-controller",
  "root-ca-certificate-publisher-controller",
  "clusterrole-aggregation-controller",
];

/** Starts etcd, a Kubernetes API server and the controllers that need no node, all on 127.0.0.1. */
export async function startKubeControlPlane(options: KubeControlPlaneOptions): Promise<KubeControlPlane> {
  const { programs, ports } = options;
  const folder = path.resolve(options.folder);
  const started: NativeServer[] = [];
  // What stands on another one ends before it.
  const end = async (how: "stop" | "kill") => {
    for (const server of started.toReversed()) await server[how]();
  };
  const start = async <S extends NativeServer>(starting: Promise<S>): Promise<S> => {
    const server = await starting;
    started.push(server);
    return server;
  };
  try {
    const etcd = await start(startEtcd({ program: programs.etcd, folder, port: ports.etcd, peerPort: ports.etcdPeer }));
    const apiServer = await start(
      startKubeApiServer({
        program: programs.apiServer,
        folder,
        port: ports.api,
        etcdUrl: etcd.url,
        ...(options.flags && { flags: options.flags }),
      }),
    );
    const authority = apiServer.authority();
    const { adminToken: token } = apiServer.credentials;
    const file = path.join(folder, "kubeconfig");
    writeFileSync(file, kubeconfig({ server: apiServer.url, authority, user: "admin", token }), { mode: 0o600 });
    return {
      url: apiServer.url,
      kubeconfig: file,
      authority,
      etcd,
      apiServer,
      controllers: await start(startControllers(programs.controllerManager, folder, file, apiServer)),
      stop: () => end("stop"),
      kill: () => end("kill"),
    };
  } catch (error) {
    await end("kill");
    throw error;
  }
}

function startControllers(program: string, folder: string, config: string, api: KubeApiServer): Promise<NativeServer> {
  const settings = {
    kubeconfig: config,
    controllers: controllers.join(","),
    "leader-elect": "false",
    // Nothing asks how it is.
    "secure-port": "0",
    "root-ca-file": api.credentials.certificate,
    "service-account-private-key-file": api.credentials.serviceAccountKey,
  };
  return startNativeServer({
    name: "kube-controller-manager",
    command: {
      program,
      args: Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
      logFile: path.join(folder, "kube-controller-manager.log"),
      stopSignal: "SIGKILL",
    },
    // It serves nothing to ask: what it does shows in the API.
    isReady: () => Promise.resolve(true),
    timeoutMs: 10_000,
  });
}
