import { KubeClient, type KubeClientOptions } from "../../../internal/kube/client.ts";
import { loadKubeConfig } from "../../../internal/kube/kube-config.ts";
import type { KubeObject } from "../../../internal/kube/object.ts";
import { ResourceClient } from "../../../internal/kube/resource-client.ts";
import type { ResourceType } from "../../../internal/kube/resource-type.ts";

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export const configMaps: ResourceType<ConfigMap> = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
};

/** A client that works with what is in a kubeconfig file. */
export function clientOf(kubeconfig: string, options: Partial<KubeClientOptions> = {}): KubeClient {
  return new KubeClient({ config: loadKubeConfig({ file: kubeconfig }), userAgent: "sealpost-test", ...options });
}

export function configMapsOf(kubeconfig: string, options: Partial<KubeClientOptions> = {}): ResourceClient<ConfigMap> {
  return new ResourceClient(clientOf(kubeconfig, options), configMaps);
}

export function configMap(namespace: string, name: string, data: Record<string, string> = {}): ConfigMap {
  return { metadata: { namespace, name }, data };
}

/** The user that the API server takes us for. */
export async function whoAmI(client: KubeClient): Promise<string> {
  const review = await client.call<{ status: { userInfo: { username: string } } }>({
    method: "POST",
    path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
  });
  return review.status.userInfo.username;
}
