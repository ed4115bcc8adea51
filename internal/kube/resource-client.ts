import { isNotFound } from "./api-error.ts";
import type { KubeCall, KubeClient } from "./client.ts";
import type { KubeObject, ObjectName } from "./object.ts";
import { apiVersionOf, listPath, objectPath, type ResourceType } from "./resource-type.ts";
import { type WatchEvent, watchEvents } from "./watch-events.ts";

/** One page of a list. */
export interface ListPage<T> {
  items: T[];
  /** Of the whole list: where a watch goes on. */
  resourceVersion: string;
  /** What to ask the next page with; undefined: this was the last. */
  next: string | undefined;
}

export interface ListOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

/** Other ones than the client's own. */
export type CallLimits = Pick<KubeCall, "timeoutMs" | "attempts" | "signal">;

/** Only if it is still this one: other objects may have had the name, and changed since it was read. */
export interface Precondition {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

/** Objects of one kind, typed. Every method throws what KubeClient.call throws. */
export class ResourceClient<T extends KubeObject> {
  readonly type: ResourceType<T>;
  readonly #client: KubeClient;

  constructor(client: KubeClient, type: ResourceType<T>) {
    this.#client = client;
    this.type = type;
  }

  /** Undefined when there is no such object. */
  async get(name: ObjectName, limits: CallLimits = {}): Promise<T | undefined> {
    try {
      return await this.#client.call<T>({ path: objectPath(this.type, name), ...limits });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The objects of a page lack apiVersion and kind: the list has them once. */
  async page(
    options: ListOptions,
    limit: number,
    after: string | undefined,
    signal: AbortSignal,
  ): Promise<ListPage<T>> {
    const { namespace, ...selectors } = options;
    const query = { ...selectors, limit, continue: after };
    const list = await this.#client.call<{ items: T[]; metadata: { resourceVersion: string; continue?: string } }>({
      path: listPath(this.type, namespace),
      query,
      signal,
    });
    const { resourceVersion, continue: next } = list.metadata;
    return { items: list.items, resourceVersion, next: next || undefined };
  }

  /** What changes from `resourceVersion` on, for `seconds`; with bookmarks, which only tell how far it has come. */
  async watch(
    options: ListOptions,
    resourceVersion: string,
    seconds: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent<T>>> {
    const { namespace, ...selectors } = options;
    const query = { ...selectors, watch: true, allowWatchBookmarks: true, timeoutSeconds: seconds, resourceVersion };
    const path = listPath(this.type, namespace);
    return watchEvents<T>(await this.#client.open({ path, query, signal }));
  }

  /** @throws KubeApiError 409 when there is one of that name. */
  async create(object: T, limits: CallLimits = {}): Promise<T> {
    return this.#client.call<T>({
      ...limits,
      method: "POST",
      path: listPath(this.type, object.metadata.namespace),
      body: this.#complete(object),
    });
  }

  /** Writes it as a whole. @throws KubeApiError 409 when it was changed since it was read. */
  async replace(object: T, limits: CallLimits = {}): Promise<T> {
    const path = objectPath(this.type, object.metadata);
    return this.#client.call<T>({ ...limits, method: "PUT", path, body: this.#complete(object) });
  }

  /**
   * Server-side apply: the fields in `object` become as they are there and are `manager`'s; those that it had before
   * and that are not there any more are dropped; others' fields stay. Makes the object where there is none, unless
   * `metadata.uid` says which one is meant. With `metadata.resourceVersion`, it is refused (409) when the object was
   * changed since: only that holds back a request of a process that was stopped while it led, on the last inch.
   */
  async apply(object: T, manager: string): Promise<T> {
    return this.#apply(objectPath(this.type, object.metadata), object, manager);
  }

  /** The same for the status. @throws KubeApiError 404 when there is no such object; 409 when it is another one. */
  async applyStatus(object: T, manager: string): Promise<T> {
    return this.#apply(objectPath(this.type, object.metadata, "status"), object, manager);
  }

  /** JSON merge patch (RFC 7386). */
  async patch(name: ObjectName, patch: object): Promise<T> {
    return this.#client.call<T>({
      method: "PATCH",
      path: objectPath(this.type, name),
      contentType: "application/merge-patch+json",
      body: patch,
    });
  }

  /** Answers whether there was one to delete; a finalizer may still hold it. */
  async delete(name: ObjectName, preconditions: Precondition = {}): Promise<boolean> {
    try {
      const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions };
      await this.#client.call({ method: "DELETE", path: objectPath(this.type, name), body });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  #apply(path: string, object: T, fieldManager: string): Promise<T> {
    return this.#client.call<T>({
      method: "PATCH",
      path,
      // Conflicts with other managers are settled in favour of the one who is responsible for the field.
      query: { fieldManager, force: true },
      // JSON is YAML.
      contentType: "application/apply-patch+yaml",
      body: this.#complete(object),
    });
  }

  #complete(object: T): T {
    return { ...object, apiVersion: apiVersionOf(this.type), kind: this.type.kind };
  }
}
