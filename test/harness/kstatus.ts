import type { WebhookEndpoint } from "../../internal/controller/resource.ts";
import { conditionOf } from "./operator.ts";

export type Kstatus = "NotFound" | "Terminating" | "InProgress" | "Failed" | "Current";

/**
 * How a resource stands in the eyes of tools that know nothing of it but the conventions: Flux, `kubectl apply --prune`
 * with inventories, kpt. The rules of kstatus (kubernetes-sigs/cli-utils, pkg/kstatus/README.md), in their order.
 */
export function kstatusOf(resource: WebhookEndpoint | undefined): Kstatus {
  if (!resource) return "NotFound";
  const { metadata, status } = resource;
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const { observedGeneration } = status ?? {};
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return "InProgress";
  if (conditionOf(resource, "Reconciling")?.status === "True") return "InProgress";
  if (conditionOf(resource, "Stalled")?.status === "True") return "Failed";
  const ready = conditionOf(resource, "Ready");
  return ready && ready.status !== "True" ? "InProgress" : "Current";
}
