import path from "node:path";
import { fileURLToPath } from "node:url";
import { kubeconfig } from "./kube-credentials.ts";
import { runTool } from "./run-tool.ts";

const deploy = fileURLToPath(new URL("../../deploy", import.meta.url));
/** Where the controller has its account and its lease. */
export const controllerNamespace = "sealpost-system";
/** The label by which a namespace belongs to a workspace. */
const workspaceLabel = "sealpost.dev/workspace";
/** kubectl asks the API server what it serves; that one has just started. */
const patienceMs = 60_000;
/** As long as anybody leaves a development stack running. */
const tokenLife = "720h";

/** A kubectl with a configuration of its own; nothing of this machine's user is read or written. */
export class Kubectl {
  readonly #program: string;
  readonly #env: Record<string, string>;

  /** @param folder for what it remembers of the API server */
  constructor(program: string, kubeconfigFile: string, folder: string) {
    this.#program = program;
    this.#env = { KUBECONFIG: kubeconfigFile, KUBECACHEDIR: path.join(folder, "kubectl-cache") };
  }

  /** What it prints. @throws Error with its last line of complaint. */
  run(...args: string[]): Promise<string> {
    return runTool(this.#program, args, { timeoutMs: patienceMs, env: this.#env });
  }
}

/** Installs what stands in deploy/ for everybody: the resource, the roles and the policy. Any number of times. */
export async function installResources(kubectl: Kubectl): Promise<void> {
  const namespaces = (await kubectl.run("get", "namespaces", "-o", "name")).split("\n");
  if (!namespaces.includes(`namespace/${controllerNamespace}`))
    await kubectl.run("create", "namespace", controllerNamespace);
  const files = ["crds", "rbac/controller.yaml", "rbac/users.yaml", "admission"];
  const args = files.flatMap((file) => ["-f", path.join(deploy, file)]);
  await kubectl.run("apply", "--server-side", "--force-conflicts", ...args);
  await kubectl.run("wait", "--for=condition=Established", "crd/webhookendpoints.sealpost.dev", "--timeout=60s");
}

/** From now on resources in this namespace are endpoints of this workspace. */
export async function bindNamespace(kubectl: Kubectl, namespace: string, workspaceId: string): Promise<void> {
  await kubectl.run("label", "namespace", namespace, `${workspaceLabel}=${workspaceId}`, "--overwrite");
}

/** A kubeconfig with the controller's own rights. */
export async function controllerKubeconfig(kubectl: Kubectl, server: string, authority: string): Promise<string> {
  const user = "sealpost-controller";
  const asked = ["create", "token", user, "-n", controllerNamespace, `--duration=${tokenLife}`];
  const token = (await kubectl.run(...asked)).trim();
  return kubeconfig({ server, authority, user, token });
}
