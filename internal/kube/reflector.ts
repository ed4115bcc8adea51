import { setTimeout as sleep } from "node:timers/promises";
import { isGone, KubeApiError } from "./api-error.ts";
import { type KubeObject, keyOf } from "./object.ts";
import type { Change, ObjectStore } from "./object-store.ts";
import { type KubeObserver, silent } from "./observer.ts";
import type { ListOptions, ResourceClient } from "./resource-client.ts";
import { UnreadableEventError, type WatchEvent } from "./watch-events.ts";

export interface ReflectorOptions<T extends KubeObject> {
  resource: Pick<ResourceClient<T>, "type" | "page" | "watch">;
  store: Pick<ObjectStore<T>, "put" | "remove" | "replace">;
  /** Which objects. [all] */
  select?: ListOptions;
  /** Told of every change after it stands in the store; it only notes that there is work. */
  onChange: (change: Change<T>) => void;
  onError: (message: string, error: unknown) => void;
  /** What of an object is kept. [all but managedFields, which are as large as the rest] */
  keep?: (object: T) => T;
  observer?: Pick<KubeObserver, "watchEnded">;
  /** Objects in one page of a list. */
  pageSize?: number;
  random?: () => number;
}

/**
 * A watch is opened again after 4 to 5 minutes, in s: not all at the same time, and before the HTTP client gives up a
 * connection on which nothing has come for 5 minutes.
 */
const watchSeconds = { least: 240, spread: 50 };
/** What a server that hangs may be late with ending the watch, in ms. */
const overdueMs = 15_000;
/** Waits before the next try, in ms: doubling, and the first one again after a watch of `wellMs`. */
const firstWaitMs = 100;
const longestWaitMs = 30_000;
const wellMs = 10_000;

/** Keeps a store like the API server: lists once, then watches, and lists again only when it must. */
export class Reflector<T extends KubeObject> {
  readonly #options: Required<ReflectorOptions<T>>;
  readonly #stopping = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;
  /** How far the store has come; undefined: it must be listed. */
  #version: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = {
      select: {},
      keep: withoutManagedFields,
      observer: silent,
      pageSize: 500,
      random: Math.random,
      ...options,
    };
  }

  /** Whether the store has been complete once: before that, what is not in it may exist all the same. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Resolves when `hasSynced`; never, when it is stopped before. */
  synced(): Promise<void> {
    return this.#synced.promise;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing comes any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      const startedAt = performance.now();
      const error = await this.#round().then(
        () => undefined,
        (cause: unknown) => cause,
      );
      if (signal.aborted) return;
      const well = performance.now() - startedAt > wellMs;
      if (well) failures = 0;
      if (error !== undefined) this.#judge(error);
      else if (well) continue;
      const asked = error instanceof KubeApiError ? (error.retryAfterMs ?? 0) : 0;
      const wait = Math.min(firstWaitMs * 2 ** failures, longestWaitMs) * (0.5 + this.#options.random() / 2);
      failures++;
      await sleep(Math.max(wait, asked), undefined, { signal }).catch(() => {});
    }
  }

  /** One list, when it must be, and one watch to its end. */
  async #round(): Promise<void> {
    this.#version ??= await this.#list();
    await this.#watch(this.#version);
  }

  /** After a failed round: whether what the store has is still a place to go on from. */
  #judge(error: unknown): void {
    const { observer, onError, resource } = this.#options;
    const { plural } = resource.type;
    if (isGone(error)) {
      this.#version = undefined;
      return observer.watchEnded(plural, "gone");
    }
    const unreadable = error instanceof UnreadableEventError;
    if (unreadable) this.#version = undefined;
    observer.watchEnded(plural, unreadable ? "unreadable" : "failed");
    onError(this.#version === undefined ? `${plural} could not be listed` : `the watch of ${plural} broke`, error);
  }

  /** Reads everything, page by page. Answers the version to watch from. */
  async #list(): Promise<string> {
    const { pageSize, keep } = this.#options;
    for (const limit of [pageSize, pageSize, 0]) {
      try {
        const { items, version } = await this.#pages(limit);
        this.#tell(this.#options.store.replace(items.map(keep)));
        this.#hasSynced = true;
        this.#synced.resolve();
        return version;
      } catch (error) {
        // A page's token lives for minutes only: from the beginning, the last time in one piece.
        if (!isGone(error) || limit === 0) throw error;
      }
    }
    throw new Error("unreachable");
  }

  async #pages(limit: number): Promise<{ items: T[]; version: string }> {
    const { resource, select } = this.#options;
    const items: T[] = [];
    for (let after: string | undefined; ; ) {
      const page = await resource.page(select, limit, after, this.#stopping.signal);
      items.push(...page.items);
      if (page.next === undefined) return { items, version: page.resourceVersion };
      after = page.next;
    }
  }

  async #watch(from: string): Promise<void> {
    const { resource, select, random } = this.#options;
    const seconds = Math.round(watchSeconds.least + watchSeconds.spread * random());
    const overdue = AbortSignal.timeout(seconds * 1000 + overdueMs);
    const signal = AbortSignal.any([this.#stopping.signal, overdue]);
    for await (const event of await resource.watch(select, from, seconds, signal)) this.#take(event);
  }

  #take({ type, object }: WatchEvent<T>): void {
    if (type === "ERROR") {
      const {
        code = 500,
        reason = "",
        message = "no message",
      } = object as { code?: number; reason?: string; message?: string };
      throw new KubeApiError(code, reason, `the API server ended the watch: ${message}`);
    }
    const version = object.metadata?.resourceVersion;
    if (!version) throw new UnreadableEventError(`an event of type ${type} without a resource version`);
    const { store, keep } = this.#options;
    if (type === "DELETED") this.#tell([store.remove(keyOf(object.metadata))]);
    else if (type !== "BOOKMARK") this.#tell([store.put(keep(object))]);
    this.#version = version;
  }

  #tell(changes: (Change<T> | undefined)[]): void {
    for (const change of changes) {
      try {
        if (change) this.#options.onChange(change);
      } catch (error) {
        this.#options.onError("a change could not be noted", error);
      }
    }
  }
}

function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata as T["metadata"] & { managedFields?: unknown };
  return { ...object, metadata };
}
