import type { KubeClient } from "./client.ts";
import type { KubeObject } from "./object.ts";
import { ResourceClient } from "./resource-client.ts";
import type { ResourceType } from "./resource-type.ts";

export const namespaces: ResourceType<KubeObject> = {
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
};

/**
 * The UID of the namespace kube-system: every cluster has one, and it lives as long as the cluster.
 * @throws Error that says which right is missing, or which setting helps
 */
export async function nameCluster(client: KubeClient): Promise<string> {
  const found = await new ResourceClient(client, namespaces).get({ name: "kube-system" });
  if (found?.metadata.uid) return found.metadata.uid;
  throw new Error("there is no namespace kube-system to name the cluster by: set CONTROLLER_CLUSTER_NAME");
}
