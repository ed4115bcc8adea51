import type { KeySecret, KeySecrets } from "../bootstrap/ports.ts";
import type { KubeClient } from "./client.ts";
import type { KubeObject } from "./object.ts";
import { ResourceClient } from "./resource-client.ts";
import type { ResourceType } from "./resource-type.ts";

interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

const secrets: ResourceType<Secret> = { group: "", version: "v1", kind: "Secret", plural: "secrets", namespaced: true };

const label = { name: "app.kubernetes.io/managed-by", value: "sealpost-bootstrap" };
/** `sealpost.dev/companyKey-id` tells which key stands under `companyKey`. */
const annotation = /^sealpost\.dev\/(.+)-id$/;

/** The Secrets of one namespace in which API keys are left. Every method throws what KubeClient.call throws. */
export class ClusterKeySecrets implements KeySecrets {
  readonly #secrets: ResourceClient<Secret>;
  readonly #namespace: string;
  readonly #objects = new Map<string, Secret>();

  constructor(client: KubeClient, namespace: string) {
    this.#secrets = new ResourceClient(client, secrets);
    this.#namespace = namespace;
  }

  async read(name: string): Promise<KeySecret> {
    const found = await this.#secrets.get({ namespace: this.#namespace, name });
    return found ? this.#shown(found) : { name, ours: true, values: {}, keyIds: {}, version: undefined };
  }

  async write({ name, values, keyIds, version }: KeySecret): Promise<KeySecret> {
    // What people have put beside it, labels of a Helm plugin for example, stays.
    const before = version === undefined ? undefined : this.#objects.get(name)?.metadata;
    const data = Object.entries(values).map(([field, value]) => [field, Buffer.from(value).toString("base64")]);
    const ids = Object.entries(keyIds).map(([field, id]) => [`sealpost.dev/${field}-id`, id]);
    const object: Secret = {
      metadata: {
        ...before,
        name,
        namespace: this.#namespace,
        labels: { ...before?.labels, [label.name]: label.value },
        annotations: { ...before?.annotations, ...Object.fromEntries(ids) },
        ...(version !== undefined && { resourceVersion: version }),
      },
      type: "Opaque",
      data: Object.fromEntries(data),
    };
    return this.#shown(
      version === undefined ? await this.#secrets.create(object) : await this.#secrets.replace(object),
    );
  }

  #shown(secret: Secret): KeySecret {
    const { name, labels = {}, annotations = {}, resourceVersion } = secret.metadata;
    this.#objects.set(name, secret);
    const values = Object.entries(secret.data ?? {}).map(([field, value]) => [
      field,
      Buffer.from(value, "base64").toString(),
    ]);
    const ids = Object.entries(annotations).flatMap(([name, id]) => {
      const field = annotation.exec(name)?.[1];
      return field === undefined ? [] : [[field, id]];
    });
    return {
      name,
      ours: labels[label.name] === label.value,
      values: Object.fromEntries(values),
      keyIds: Object.fromEntries(ids),
      version: resourceVersion,
    };
  }
}
