import { isConflict, isNotFound } from "./api-error.ts";
import { covers } from "./covers.ts";
import type { KubeObject } from "./object.ts";
import type { ResourceClient } from "./resource-client.ts";

/** What a write came to. `stale`: the object was changed or is gone; whoever decided is to look again. */
export type Written = "written" | "unchanged" | "stale";

/** Writes of a controller to objects that it has observed: only what differs, and only to what it has seen. */
export class ObjectWriter<T extends KubeObject> {
  readonly #resource: ResourceClient<T>;
  /** The name under which the API server keeps which fields are this controller's. */
  readonly #manager: string;

  constructor(resource: ResourceClient<T>, manager: string) {
    this.#resource = resource;
    this.#manager = manager;
  }

  /**
   * Makes these fields so, in an object that there may be or not; fields of earlier calls that are not there any more
   * are dropped. @param observed undefined when there is none.
   */
  async apply(observed: T | undefined, wanted: T): Promise<Written> {
    if (observed && covers(observed, wanted)) return "unchanged";
    const { uid, resourceVersion } = observed?.metadata ?? {};
    const metadata = { ...wanted.metadata, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    return settle(this.#resource.apply({ ...wanted, metadata }, this.#manager));
  }

  /**
   * Makes the status so. It is this controller's alone but for conditions of other types: fields that are observed and
   * not wanted are dropped.
   */
  async applyStatus<S extends object>(observed: T & { status?: S }, status: S): Promise<Written> {
    const before: object = observed.status ?? {};
    const dropped = Object.keys(before).some((field) => (status as Record<string, unknown>)[field] === undefined);
    if (!dropped && covers(before, status)) return "unchanged";
    const { name, namespace, uid, resourceVersion } = observed.metadata;
    const metadata = {
      name,
      ...(namespace && { namespace }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
    };
    return settle(this.#resource.applyStatus({ metadata, status } as unknown as T, this.#manager));
  }

  /** Nobody can delete the object for good before `removeFinalizer`. */
  async addFinalizer(observed: T, finalizer: string): Promise<Written> {
    const { finalizers = [] } = observed.metadata;
    if (finalizers.includes(finalizer)) return "unchanged";
    return this.#setFinalizers(observed, [...finalizers, finalizer]);
  }

  /** An object that was deleted goes with its last finalizer. */
  async removeFinalizer(observed: T, finalizer: string): Promise<Written> {
    const { finalizers = [] } = observed.metadata;
    if (!finalizers.includes(finalizer)) return "unchanged";
    return this.#setFinalizers(
      observed,
      finalizers.filter((other) => other !== finalizer),
    );
  }

  /** Not by server-side apply, which would leave a finalizer that somebody else has applied as well. */
  #setFinalizers({ metadata }: T, finalizers: string[]): Promise<Written> {
    const { uid, resourceVersion } = metadata;
    return settle(this.#resource.patch(metadata, { metadata: { uid, resourceVersion, finalizers } }));
  }
}

async function settle(write: Promise<KubeObject>): Promise<Written> {
  try {
    await write;
    return "written";
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return "stale";
    throw error;
  }
}
