import type { Endpoint, ManagedBy } from "../domain/entities.ts";
import { DomainError } from "../domain/errors.ts";
import { formatId } from "../domain/ids.ts";

/** On whose behalf a change is asked for. */
export interface Manager {
  /** UID of the Kubernetes resource that asks; empty: a person or another program. */
  managerUid: string;
  /** Change it whoever manages it. */
  force: boolean;
}

export const nobody: Manager = { managerUid: "", force: false };

/**
 * An endpoint that a resource manages is changed by that resource: it would put anybody else's change right again.
 * This keeps people and controllers from each other's way by mistake; it is no protection against a holder of the
 * company's key, who may force.
 * @throws DomainError FAILED_PRECONDITION, reason MANAGED
 */
export function requireManager({ managedBy }: Pick<Endpoint, "managedBy">, { managerUid, force }: Manager): void {
  if (!managedBy || force || managedBy.uid === managerUid) return;
  throw new DomainError(
    "FAILED_PRECONDITION",
    "MANAGED",
    `this endpoint is managed by ${resourceName(managedBy)}: change it there, or send force to change it here all the ` +
      "same; that resource puts right what differs from its spec",
    { resource: { type: "WebhookEndpoint", name: `${managedBy.namespace}/${managedBy.name}` } },
  );
}

/** @throws DomainError FAILED_PRECONDITION, reason MANAGED: nothing is taken from another resource, forced or not */
export function requireAdoptable({ managedBy }: Pick<Endpoint, "managedBy">, by: ManagedBy): void {
  if (!managedBy || managedBy.uid === by.uid) return;
  throw new DomainError(
    "FAILED_PRECONDITION",
    "MANAGED",
    `this endpoint is managed by ${resourceName(managedBy)} already: delete that resource with deletionPolicy Retain ` +
      "first, or release the endpoint with force when its cluster is gone",
    { resource: { type: "WebhookEndpoint", name: `${managedBy.namespace}/${managedBy.name}` } },
  );
}

/** The resource has its endpoint: one that was made before its controller could note the id. */
export function alreadyManages(by: ManagedBy, id: string): DomainError {
  const name = formatId("endpoint", id);
  return new DomainError("ALREADY_EXISTS", "ALREADY_MANAGED", `${resourceName(by)} manages ${name} already`, {
    resource: { type: "webhook", name },
  });
}

/** A resource as people know it. */
export function resourceName({ cluster, namespace, name }: ManagedBy): string {
  return `the Kubernetes resource WebhookEndpoint ${namespace}/${name} in cluster ${cluster}`;
}
