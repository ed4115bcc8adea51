import type { Uuid } from "../../domain/ids.ts";
import type { SecretPlace } from "../../secrets/box.ts";

interface Owner {
  id: Uuid;
  workspaceId: Uuid;
}

/** Where one of an endpoint's signing secrets is sealed for. */
export function signingPlace({ id, workspaceId }: Owner, version: number): SecretPlace {
  return { table: "webhook_endpoint_secrets", tenantId: workspaceId, rowId: id, version, purpose: "signing" };
}

/** Where an endpoint's first secret was sealed for while it was a column of the endpoint. */
export function formerPlace({ id, workspaceId }: Owner): SecretPlace {
  return { table: "webhook_endpoints", tenantId: workspaceId, rowId: id, version: 1, purpose: "signing" };
}

/** Where the values of an endpoint's own headers are sealed for, all of them together. */
export function headersPlace({ id, workspaceId }: Owner, version: number): SecretPlace {
  return { table: "webhook_endpoints", tenantId: workspaceId, rowId: id, version, purpose: "headers" };
}
