import { existsSync, readFileSync } from "node:fs";
import { request } from "node:https";
import path from "node:path";
import { type KubeCredentials, kubeCredentials } from "./kube-credentials.ts";
import { type NativeServer, startNativeServer } from "./native-server.ts";

export interface KubeApiServerOptions {
  program: string;
  /** Made when it is missing; holds `pki/` and `kube-apiserver.log`. */
  folder: string;
  port: number;
  etcdUrl: string;
  /** More flags, e.g. `--watch-cache=false`. */
  flags?: readonly string[];
}

export interface KubeApiServer extends NativeServer {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  readonly credentials: KubeCredentials;
  /** PEM of what signed its certificate. */
  authority(): string;
}

/** A first start takes 3.4 s on 2 cores; the rest is for a busy machine. */
const startTimeoutMs = 120_000;

/** Starts a kube-apiserver on 127.0.0.1 with RBAC, admission and service account tokens as a cluster has them. */
export async function startKubeApiServer(options: KubeApiServerOptions): Promise<KubeApiServer> {
  const { program, folder, port, etcdUrl, flags = [] } = options;
  const pki = path.join(folder, "pki");
  const credentials = kubeCredentials(pki);
  const settings = {
    "etcd-servers": etcdUrl,
    "bind-address": "127.0.0.1",
    "secure-port": port,
    // It makes a certificate for 127.0.0.1 there, and an authority that signs it.
    "cert-dir": pki,
    // Nobody is to reach it through a Service, whose addresses may not be loopback.
    "advertise-address": "127.0.0.1",
    "endpoint-reconciler-type": "none",
    "service-cluster-ip-range": "10.0.0.0/24",
    "authorization-mode": "RBAC",
    "token-auth-file": credentials.tokens,
    "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
    "service-account-key-file": credentials.serviceAccountPublicKey,
    "service-account-signing-key-file": credentials.serviceAccountKey,
    "shutdown-delay-duration": "0s",
    profiling: "false",
  };
  const url = `https://127.0.0.1:${port}`;
  const authority = () => readFileSync(credentials.certificate, "utf8");
  const server = await startNativeServer({
    name: "kube-apiserver",
    command: {
      program,
      args: [...Object.entries(settings).map(([name, value]) => `--${name}=${value}`), ...flags],
      logFile: path.join(folder, "kube-apiserver.log"),
      // It keeps nothing: etcd does. In good order it waits for all who watch.
      stopSignal: "SIGKILL",
    },
    isReady: async () => existsSync(credentials.certificate) && (await isReady(url, authority())),
    timeoutMs: startTimeoutMs,
  });
  return Object.assign(server, { url, credentials, authority });
}

/** Whether the server with a certificate of this authority answers that it is ready: another one there is not ours. */
function isReady(url: string, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request(`${url}/readyz`, { ca, agent: false, timeout: 2000 }, (answer) => {
      answer.resume();
      answer.once("close", () => resolve(answer.statusCode === 200));
    });
    asking.once("error", () => resolve(false));
    asking.once("timeout", () => asking.destroy());
    asking.end();
  });
}
