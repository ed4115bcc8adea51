import type { KubeObject } from "../../../internal/kube/object.ts";
import type { ResourceType } from "../../../internal/kube/resource-type.ts";
import type { Cluster } from "../../harness/cluster.ts";

export interface Widget extends KubeObject {
  spec?: { size: number };
  status?: { observedGeneration?: number; note?: string; conditions?: { type: string; status: string }[] };
}

/** A custom resource with a status, as the product's own is one. */
export const widgets: ResourceType<Widget> = {
  group: "test.sealpost.dev",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
};

const string = { type: "string" };
const schema = {
  type: "object",
  required: ["spec"],
  properties: {
    spec: { type: "object", required: ["size"], properties: { size: { type: "integer" } } },
    status: {
      type: "object",
      properties: {
        observedGeneration: { type: "integer" },
        note: string,
        conditions: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["type"],
          items: { type: "object", required: ["type"], properties: { type: string, status: string } },
        },
      },
    },
  },
};

/** Makes the API server serve them; the same for every test. */
export async function serveWidgets(cluster: Cluster): Promise<void> {
  const { group, version, kind, plural } = widgets;
  await cluster.apply({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: "widget" },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: { status: {} },
        },
      ],
    },
  });
  await cluster.ask("wait", "--for=condition=Established", `crd/${plural}.${group}`, "--timeout=150s");
}
