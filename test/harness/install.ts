import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Cluster } from "./cluster.ts";
import { temporaryFolder } from "./temporary.ts";
import { until } from "./wait.ts";

const deploy = fileURLToPath(new URL("../../deploy", import.meta.url));

/** Installs what stands in deploy/ for everybody: the resource, the roles and the policy. Any number of times, at once. */
export async function installResources(cluster: Cluster): Promise<void> {
  await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "sealpost-system" } });
  const files = ["crds/webhookendpoints.sealpost.dev.yaml", "rbac/controller.yaml", "rbac/users.yaml", "admission"];
  const args = files.flatMap((file) => ["-f", path.join(deploy, file)]);
  await cluster.ask("apply", "--server-side", "--force-conflicts", ...args);
  await cluster.ask("wait", "--for=condition=Established", "crd/webhookendpoints.sealpost.dev", "--timeout=150s");
  await until(() => mayList(cluster, "sealpost-system"), { what: "the controller's role to count" });
  // The policy counts some moments after it was made; until then everything is let through.
  const probe = { apiVersion: "v1", kind: "Namespace", metadata: { name: "probe", labels: { [label]: "nothing" } } };
  const refused = async () => {
    const { code } = await cluster.kubectl(["apply", "--dry-run=server", "-f", "-"], JSON.stringify(probe));
    return code !== 0;
  };
  await until(refused, { what: "the policy to count" });
}

/**
 * Lets the service account sealpost-controller of a namespace serve this namespace and no other: the file for that, as a
 * person would adapt it.
 */
export async function installForNamespace(cluster: Cluster, namespace: string): Promise<void> {
  const text = readFileSync(path.join(deploy, "rbac/controller-namespaced.yaml"), "utf8")
    .replaceAll("team-a", namespace)
    .replaceAll("sealpost-system", namespace)
    .replaceAll("name: sealpost-controller-namespaces", `name: ${namespace}`);
  const file = path.join(temporaryFolder("rbac"), "rbac.yaml");
  writeFileSync(file, text);
  await cluster.ask("apply", "--server-side", "--force-conflicts", "-f", file);
  await until(() => mayList(cluster, namespace, namespace), { what: "the controller's role to count" });
}

/** Whether the controller's service account in a namespace may list resources there, or, without `within`, everywhere. */
async function mayList(cluster: Cluster, own: string, within?: string): Promise<boolean> {
  const as = `system:serviceaccount:${own}:sealpost-controller`;
  const where = within === undefined ? ["-A"] : ["-n", within];
  const { stdout } = await cluster.kubectl(["auth", "can-i", "list", "webhookendpoints", ...where, "--as", as]);
  return stdout.trim() === "yes";
}

const label = "sealpost.dev/workspace";

/** A WebhookEndpoint as a person would write it. */
export function webhookEndpoint(namespace: string, name: string, spec: object, metadata: object = {}) {
  return {
    apiVersion: "sealpost.dev/v1alpha1",
    kind: "WebhookEndpoint",
    metadata: { name, namespace, ...metadata },
    spec,
  };
}
