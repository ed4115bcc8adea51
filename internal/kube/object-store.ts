import { type KubeObject, keyOf } from "./object.ts";

/** What happened to one object. */
export type Change<T> =
  | { type: "added"; object: T }
  | { type: "updated"; object: T; previous: T }
  | { type: "deleted"; object: T };

/** The values under which an object is found. */
type ValuesOf<T> = (object: T) => readonly string[];

/** The objects of a kind as the API server last told of them, by key and by indexes. They are not to be changed. */
export class ObjectStore<T extends KubeObject, Index extends string = never> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<Index, { valuesOf: ValuesOf<T>; keys: Map<string, Set<string>> }>();

  constructor(indexes: { [I in Index]: ValuesOf<T> } = {} as { [I in Index]: ValuesOf<T> }) {
    for (const [index, valuesOf] of Object.entries(indexes) as [Index, ValuesOf<T>][])
      this.#indexes.set(index, { valuesOf, keys: new Map() });
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  /** The objects that `index` finds under `value`. */
  find(index: Index, value: string): T[] {
    const keys = this.#indexes.get(index)?.keys.get(value) ?? [];
    return [...keys].map((key) => this.#objects.get(key) as T);
  }

  /** Answers what that changed; undefined when it was there in this very version. */
  put(object: T): Change<T> | undefined {
    const key = keyOf(object.metadata);
    const previous = this.#objects.get(key);
    const version = object.metadata.resourceVersion;
    if (previous && version !== undefined && previous.metadata.resourceVersion === version) return undefined;
    if (previous) this.#unindex(key, previous);
    this.#objects.set(key, object);
    this.#index(key, object);
    return previous ? { type: "updated", object, previous } : { type: "added", object };
  }

  /** Answers what that changed; undefined when there was none. */
  remove(key: string): Change<T> | undefined {
    const object = this.#objects.get(key);
    if (!object) return undefined;
    this.#unindex(key, object);
    this.#objects.delete(key);
    return { type: "deleted", object };
  }

  /** These and no others are there. Answers what that changed. */
  replace(objects: readonly T[]): Change<T>[] {
    const changes: (Change<T> | undefined)[] = [];
    const there = new Set(objects.map(({ metadata }) => keyOf(metadata)));
    for (const key of [...this.#objects.keys()]) if (!there.has(key)) changes.push(this.remove(key));
    for (const object of objects) changes.push(this.put(object));
    return changes.filter((change) => change !== undefined);
  }

  #index(key: string, object: T): void {
    for (const { valuesOf, keys } of this.#indexes.values()) {
      for (const value of valuesOf(object)) {
        const found = keys.get(value);
        if (found) found.add(key);
        else keys.set(value, new Set([key]));
      }
    }
  }

  #unindex(key: string, object: T): void {
    for (const { valuesOf, keys } of this.#indexes.values()) {
      for (const value of valuesOf(object)) {
        const found = keys.get(value);
        found?.delete(key);
        if (found?.size === 0) keys.delete(value);
      }
    }
  }
}
