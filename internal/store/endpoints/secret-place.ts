import type { Uuid } from "../../domain/ids.ts";
import type { SecretPlace } from "../../secrets/box.ts";

/** Where an endpoint's signing secret is sealed for. An endpoint has one secret, its first. */
export function secretPlace({ id, workspaceId }: { id: Uuid; workspaceId: Uuid }): SecretPlace {
  return { table: "webhook_endpoints", tenantId: workspaceId, rowId: id, version: 1, purpose: "signing" };
}
