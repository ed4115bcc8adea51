import path from "node:path";
import { styleText } from "node:util";
import type { KubeStack } from "./kube-stack.ts";

/** Lines to paste that make an endpoint as a resource, whose deliveries the receiver can verify with `secret`. */
export function describeKube({ kubeconfig, kubectl }: KubeStack, receiver: string, secret: string): string {
  const manifest = [
    "apiVersion: v1",
    "kind: Secret",
    "metadata: {name: receiver}",
    `stringData: {secret: ${secret}}`,
    "---",
    "apiVersion: sealpost.dev/v1alpha1",
    "kind: WebhookEndpoint",
    "metadata: {name: orders}",
    "spec:",
    `  url: ${receiver}/from-kubernetes`,
    '  events: ["*"]',
    "  signing: {secretRef: {name: receiver}}",
  ].join("\n");
  const steps: [string, string][] = [
    ["this API server, and a kubectl", `export KUBECONFIG=${kubeconfig} PATH=$PATH:${path.dirname(kubectl)}`],
    ["an endpoint as a resource", `kubectl apply -f - <<'YAML'\n${manifest}\nYAML`],
    ["what became of it", "kubectl wait --for=condition=Ready whe/orders && kubectl get whe -o wide"],
    ["everything about it, with its events", "kubectl describe whe orders"],
    ["every field that there is", "kubectl explain whe.spec --recursive"],
  ];
  return steps.map(([what, command]) => `  ${styleText("dim", `# ${what}`)}\n${indented(command)}`).join("\n\n");
}

/** A here-document ends with its word at the beginning of a line, so it stays where it is. */
function indented(command: string): string {
  return command.includes("<<'") ? command : `  ${command}`;
}
