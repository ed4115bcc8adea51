import type { Cluster, KubeObject } from "../../harness/cluster.ts";

/** What the chart can make and other operators own, as far as the API server must know it. */
const kinds: [group: string, version: string, kind: string][] = [
  ["monitoring.coreos.com", "v1", "PodMonitor"],
  ["monitoring.coreos.com", "v1", "ServiceMonitor"],
  ["monitoring.coreos.com", "v1", "PrometheusRule"],
  ["cert-manager.io", "v1", "Certificate"],
  ["keda.sh", "v1alpha1", "ScaledObject"],
];

const resources: KubeObject[] = kinds.map(([group, name, kind]) => {
  const singular = kind.toLowerCase();
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural: `${singular}s`, singular },
      versions: [
        {
          name,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  };
});

/** Makes the API server know them; resolves when it does. Any number of times, at once. */
export async function serveThirdParties(cluster: Cluster): Promise<void> {
  await cluster.apply(...resources);
  const names = resources.map(({ metadata }) => `crd/${metadata.name}`);
  await cluster.ask("wait", "--for=condition=Established", ...names, "--timeout=150s");
}
