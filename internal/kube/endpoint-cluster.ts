import { type Cluster, type ResourceEvent, SecretRefusal } from "../controller/ports.ts";
import { names, type SecretObject, type WebhookEndpoint, type WebhookEndpointStatus } from "../controller/resource.ts";
import { isConflict, isNotFound, KubeApiError, statusOf } from "./api-error.ts";
import type { KubeClient } from "./client.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { ResourceClient } from "./resource-client.ts";
import type { ResourceType } from "./resource-type.ts";

export const webhookEndpoints: ResourceType<WebhookEndpoint> = {
  group: "sealpost.dev",
  version: "v1alpha1",
  kind: names.kind,
  plural: "webhookendpoints",
  namespaced: true,
};

const secrets: ResourceType<SecretObject> = {
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  namespaced: true,
};

/** What the controller reads and writes in Kubernetes. */
export class EndpointCluster implements Cluster {
  readonly #endpoints: ResourceClient<WebhookEndpoint>;
  readonly #secrets: ResourceClient<SecretObject>;
  readonly #events: EventRecorder;

  constructor(client: KubeClient, events: EventRecorder) {
    this.#endpoints = new ResourceClient(client, webhookEndpoints);
    this.#secrets = new ResourceClient(client, secrets);
    this.#events = events;
  }

  readSecret(namespace: string, name: string): Promise<SecretObject | undefined> {
    return this.#secrets.get({ namespace, name }).catch(refusing("get", name));
  }

  /** As a whole, so that of two who write at once one is refused. */
  writeSecret(secret: SecretObject): Promise<SecretObject> {
    const { name, resourceVersion } = secret.metadata;
    if (resourceVersion === undefined) return this.#secrets.create(secret).catch(refusing("create", name));
    return this.#secrets.replace(secret).catch(refusing("update", name));
  }

  /** @throws KubeApiError 409 when it was changed since it was read */
  async setFinalizer(resource: WebhookEndpoint, held: boolean): Promise<WebhookEndpoint> {
    const { uid, resourceVersion, finalizers = [] } = resource.metadata;
    const others = finalizers.filter((other) => other !== names.finalizer);
    const metadata = { uid, resourceVersion, finalizers: held ? [...others, names.finalizer] : others };
    try {
      return await this.#endpoints.patch(resource.metadata, { metadata });
    } catch (error) {
      if (!held && isNotFound(error)) return { ...resource, metadata: { ...resource.metadata, finalizers: others } };
      this.#tellForbidden(resource, "webhookendpoints", error);
      throw error;
    }
  }

  /** @throws KubeApiError 409 when it was changed since it was read, 404 when it is gone */
  async writeStatus(resource: WebhookEndpoint, status: WebhookEndpointStatus): Promise<void> {
    const { namespace, name, uid, resourceVersion } = resource.metadata;
    // Of a process that was stopped while it led, what was seen is too old by then: no Lease would hold it back.
    const seen = { namespace, name, uid, ...(resourceVersion && { resourceVersion }) };
    const object = { metadata: seen, status } as WebhookEndpoint;
    try {
      await this.#endpoints.applyStatus(object, names.fieldManager);
    } catch (error) {
      this.#tellForbidden(resource, "webhookendpoints/status", error);
      throw error;
    }
  }

  event(resource: WebhookEndpoint, { message: note, ...occurrence }: ResourceEvent): void {
    this.#events.record(webhookEndpoints, resource, { ...occurrence, note });
  }

  /** That the resource itself may not be written can stand nowhere in it: whoever describes it sees an event. */
  #tellForbidden(resource: WebhookEndpoint, what: string, error: unknown): void {
    if (statusOf(error) !== 403) return;
    const { message } = error as KubeApiError;
    const todo = lacksRight(message, "patch")
      ? `the controller's role lacks the verb patch on ${what}: grant it as the role sealpost-controller in deploy/rbac does`
      : `Kubernetes refuses a change of ${what}: mend what it names`;
    const event = { type: "Warning", reason: "WriteForbidden", action: "WriteResource" } as const;
    this.event(resource, { ...event, message: `${todo} (${message})` });
  }
}

/** Throws what the API server has against it; that it does not answer, or has another version by now, is thrown as it is. */
function refusing(verb: SecretRefusal["verb"], secret: string) {
  return (error: unknown): never => {
    const passed = !(error instanceof KubeApiError) || error.status === 401 || isNotFound(error) || isConflict(error);
    if (passed) throw error;
    const { status, message } = error;
    throw new SecretRefusal({ verb, secret, message, because: becauseOf(status, verb, message) });
  };
}

function becauseOf(status: number, verb: SecretRefusal["verb"], message: string): SecretRefusal["because"] {
  if (status === 429 || status >= 500) return "failed";
  return status === 403 && lacksRight(message, verb) ? "rights" : "refused";
}

/** A quota, a policy and a namespace that ends answer 403 too: only RBAC speaks of what a user cannot do. */
function lacksRight(message: string, verb: string): boolean {
  return message.includes(`cannot ${verb} resource`);
}
