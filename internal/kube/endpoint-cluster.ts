import type { Cluster, ResourceEvent } from "../controller/ports.ts";
import { names, type SecretObject, type WebhookEndpoint, type WebhookEndpointStatus } from "../controller/resource.ts";
import { isNotFound } from "./api-error.ts";
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
    return this.#secrets.get({ namespace, name });
  }

  /** As a whole, so that of two who write at once one is refused. */
  writeSecret(secret: SecretObject): Promise<SecretObject> {
    return secret.metadata.resourceVersion === undefined ? this.#secrets.create(secret) : this.#secrets.replace(secret);
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
      throw error;
    }
  }

  async writeStatus({ metadata }: WebhookEndpoint, status: WebhookEndpointStatus): Promise<void> {
    const { namespace, name, uid } = metadata;
    const object = { metadata: { namespace, name, uid }, status } as WebhookEndpoint;
    await this.#endpoints.applyStatus(object, names.fieldManager);
  }

  event(resource: WebhookEndpoint, { message: note, ...occurrence }: ResourceEvent): void {
    this.#events.record(webhookEndpoints, resource, { ...occurrence, note });
  }
}
