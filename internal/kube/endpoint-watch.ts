import { hasFinalizer, names, type WebhookEndpoint } from "../controller/resource.ts";
import type { KubeClient } from "./client.ts";
import { namespaces } from "./cluster-name.ts";
import { webhookEndpoints } from "./endpoint-cluster.ts";
import { type KubeObject, keyOf } from "./object.ts";
import { type Change, ObjectStore } from "./object-store.ts";
import type { KubeObserver } from "./observer.ts";
import { Reflector } from "./reflector.ts";
import { ResourceClient } from "./resource-client.ts";

export interface EndpointWatchOptions {
  client: KubeClient;
  /** None: all. */
  namespaces: readonly string[];
  /** Told the key of a resource that is to be reconciled. */
  onWork: (key: string) => void;
  onError: (message: string, error: unknown) => void;
  observer?: Pick<KubeObserver, "watchEnded">;
}

/** Follows WebhookEndpoints and the labels of their namespaces, and says which of them want work. */
export class EndpointWatch {
  readonly #options: EndpointWatchOptions;
  readonly #endpoints = new ObjectStore<WebhookEndpoint, "namespace">({
    namespace: ({ metadata }) => [metadata.namespace],
  });
  /** By name; each reflector of one namespace has a store of its own. */
  readonly #labels = new Map<string, string | undefined>();
  readonly #reflectors: Pick<Reflector<KubeObject>, "start" | "stop" | "synced">[];

  constructor(options: EndpointWatchOptions) {
    this.#options = options;
    // Namespaces first: where a label is not known yet, a resource would be said to have none.
    const scopes = options.namespaces.length > 0 ? options.namespaces : [undefined];
    this.#reflectors = scopes.flatMap((scope) => [this.#watchNamespaces(scope), this.#watchEndpoints(scope)]);
  }

  get size(): number {
    return this.#endpoints.size;
  }

  get(key: string): WebhookEndpoint | undefined {
    return this.#endpoints.get(key);
  }

  /** Whether the namespace has been seen: of a new one, its resources may come first. */
  knows(namespace: string): boolean {
    return this.#labels.has(namespace);
  }

  /** What a namespace's label says. */
  workspaceOf(namespace: string): string | undefined {
    return this.#labels.get(namespace);
  }

  start(): void {
    for (const reflector of this.#reflectors) reflector.start();
  }

  /** Resolves when everything that there is has been seen. */
  async synced(): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.synced()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
  }

  #watchEndpoints(namespace: string | undefined) {
    const { client, onWork } = this.#options;
    const store = this.#endpoints;
    return new Reflector({
      ...this.#options,
      resource: new ResourceClient(client, webhookEndpoints),
      // One store for all namespaces: what another reflector lists stays.
      store: namespace === undefined ? store : withinNamespace(store, namespace),
      select: { namespace },
      onChange(change) {
        if (wantsWork(change)) onWork(keyOf(change.object.metadata));
      },
    });
  }

  #watchNamespaces(name: string | undefined) {
    const { client, onWork } = this.#options;
    return new Reflector({
      ...this.#options,
      resource: new ResourceClient(client, namespaces),
      store: new ObjectStore<KubeObject>(),
      select: name === undefined ? {} : { fieldSelector: `metadata.name=${name}` },
      // Of a namespace nothing but its label is needed.
      keep: ({ metadata }) => {
        const { uid, resourceVersion, labels = {} } = metadata;
        const value = labels[names.workspaceLabel];
        return {
          metadata: {
            name: metadata.name,
            ...(uid && { uid }),
            ...(resourceVersion && { resourceVersion }),
            labels: value === undefined ? {} : { [names.workspaceLabel]: value },
          },
        };
      },
      onChange: ({ type, object }) => {
        const label = type === "deleted" ? undefined : object.metadata.labels?.[names.workspaceLabel];
        const before = this.#labels.get(object.metadata.name);
        if (type === "deleted") this.#labels.delete(object.metadata.name);
        else this.#labels.set(object.metadata.name, label);
        if (label === before) return;
        for (const { metadata } of this.#endpoints.find("namespace", object.metadata.name)) onWork(keyOf(metadata));
      },
    });
  }
}

/**
 * What the controller itself writes, its status and its finalizer, is no work; that somebody took the finalizer away is,
 * as `kubectl replace` does: without it, deleting the resource would leave the endpoint.
 */
function wantsWork(change: Change<WebhookEndpoint>): boolean {
  if (change.type === "deleted") return false;
  if (change.type === "added") return true;
  const [before, after] = [change.previous.metadata, change.object.metadata];
  return (
    before.uid !== after.uid ||
    before.generation !== after.generation ||
    before.deletionTimestamp !== after.deletionTimestamp ||
    before.annotations?.[names.rotateAnnotation] !== after.annotations?.[names.rotateAnnotation] ||
    (hasFinalizer(change.previous) && !hasFinalizer(change.object))
  );
}

/** The part of a store that one namespace's list is the whole of. */
function withinNamespace(store: ObjectStore<WebhookEndpoint, "namespace">, namespace: string) {
  return {
    put: (object: WebhookEndpoint) => store.put(object),
    remove: (key: string) => store.remove(key),
    replace(objects: readonly WebhookEndpoint[]): Change<WebhookEndpoint>[] {
      const listed = new Set(objects.map(({ metadata }) => keyOf(metadata)));
      const gone = store.find("namespace", namespace).map(({ metadata }) => keyOf(metadata));
      return [
        ...gone.filter((key) => !listed.has(key)).map((key) => store.remove(key)),
        ...objects.map((object) => store.put(object)),
      ].filter((change) => change !== undefined);
    },
  };
}
