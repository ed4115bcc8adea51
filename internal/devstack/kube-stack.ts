import { readFileSync, writeFileSync } from "node:fs";
import type { KubePorts } from "./dev-ports.ts";
import { starting } from "./infrastructure.ts";
import { startKubeControlPlane } from "./kube-control-plane.ts";
import type { KubePrograms } from "./kube-finder.ts";
import { bindNamespace, controllerKubeconfig, controllerNamespace, installResources, Kubectl } from "./kube-install.ts";
import type { NativeServer } from "./native-server.ts";
import type { StateFolder } from "./state-folder.ts";
import { type Supervised, supervise } from "./supervisor.ts";
import type { Tenant } from "./tenant.ts";

export interface KubeOptions {
  programs: KubePrograms;
  ports: KubePorts;
}

/** A Kubernetes API server on this machine, with Sealpost's resource in it. */
export interface KubeStack {
  readonly version: string;
  /** A file for whoever sits at this machine, who may do everything. */
  readonly kubeconfig: string;
  /** The program. */
  readonly kubectl: string;
  /** Settings of the controller; from then on the namespace `default` is the tenant's workspace. */
  controllerEnvironment(tenant: Tenant, grpc: string): Promise<Record<string, string>>;
  pids(): { etcd: number; kubeApiServer: number; kubeControllers: number };
  stop(withinMs: number): Promise<void>;
}

/** Starts etcd, the API server and its controllers, each started again when it dies, and installs deploy/ in it. */
export async function startKube(
  { programs, ports }: KubeOptions,
  state: StateFolder,
  options: { onStartedAgain: () => void; say: (text: string) => void },
): Promise<KubeStack> {
  const plane = await startKubeControlPlane({
    programs,
    folder: state.file("kube"),
    ports: { api: ports.kubeApi, etcd: ports.etcd, etcdPeer: ports.etcdPeer },
  });
  const kubectl = new Kubectl(programs.kubectl, plane.kubeconfig, state.file("kube"));
  try {
    await installResources(kubectl);
  } catch (error) {
    await plane.kill();
    throw error;
  }
  const file = state.file("kubeconfig");
  writeFileSync(file, readFileSync(plane.kubeconfig), { mode: 0o600 });
  const supervised = (name: string, server: NativeServer): Promise<Supervised> =>
    supervise({ name, start: starting(server), ...options });
  const etcd = await supervised("etcd", plane.etcd);
  const apiServer = await supervised("kube-apiserver", plane.apiServer);
  const controllers = await supervised("kube-controllers", plane.controllers);
  return {
    version: programs.version,
    kubeconfig: file,
    kubectl: programs.kubectl,
    async controllerEnvironment(tenant, grpc) {
      await bindNamespace(kubectl, "default", tenant.workspaceId);
      const own = state.file("kube/controller-kubeconfig");
      writeFileSync(own, await controllerKubeconfig(kubectl, plane.url, plane.authority), { mode: 0o600 });
      return {
        KUBECONFIG: own,
        CONTROLLER_API_URL: `http://${grpc}`,
        CONTROLLER_API_KEY: tenant.companyKey,
        CONTROLLER_LEASE_NAMESPACE: controllerNamespace,
        // Somebody watches what becomes of a delivery.
        CONTROLLER_RESYNC: "15s",
      };
    },
    pids: () => ({ etcd: etcd.pid(), kubeApiServer: apiServer.pid(), kubeControllers: controllers.pid() }),
    async stop(withinMs) {
      const deadline = Date.now() + withinMs;
      for (const each of [controllers, apiServer, etcd]) await each.stop(deadline - Date.now());
    },
  };
}
