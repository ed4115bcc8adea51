import { setTimeout as sleep } from "node:timers/promises";
import { type KubeObserver, silent } from "./observer.ts";
import { ParkedKeys } from "./parked-keys.ts";
import type { WorkQueue } from "./work-queue.ts";

/** What a reconcile that did its work leaves behind. */
export interface Reconciled {
  /** Looks again in this many ms, when nothing changes before. */
  againMs?: number | undefined;
  /** Why it cannot be done, however often it is tried: it waits for a change (and for `againMs`). */
  terminal?: string | undefined;
}

export interface ReconcileLoopOptions {
  /** The controller's name in metrics. */
  name: string;
  queue: WorkQueue;
  /** Makes the world as the object of this key wants it. What it throws is tried again, later and later. */
  reconcile: (key: string, signal: AbortSignal) => Promise<Reconciled>;
  onError: (message: string, error: unknown) => void;
  /** Whether it was thrown because something is away that every key needs: such keys wait together. [never] */
  isAway?: (error: unknown) => boolean;
  /** Told when that begins, and when it is over with how many keys have waited. */
  onAway?: (error: unknown) => void;
  onBack?: (keys: number) => void;
  observer?: Pick<KubeObserver, "reconciled" | "terminal" | "panicked" | "reconcileTimedOut">;
  /** Keys worked on at the same time. [4] */
  workers?: number;
  /** After this, in ms, a reconcile is told to end, which counts as a failure. [60 s] */
  timeoutMs?: number;
}

/** Takes keys from a queue and reconciles them, several at a time, the same one never twice at a time. */
export class ReconcileLoop {
  readonly #options: Required<ReconcileLoopOptions>;
  readonly #parked: ParkedKeys;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #active = 0;

  constructor(options: ReconcileLoopOptions) {
    this.#options = {
      observer: silent,
      workers: 4,
      timeoutMs: 60_000,
      isAway: () => false,
      onAway() {},
      onBack() {},
      ...options,
    };
    this.#parked = new ParkedKeys(options);
  }

  get name(): string {
    return this.#options.name;
  }

  get workers(): number {
    return this.#options.workers;
  }

  /** Workers that have a key in hand. */
  get active(): number {
    return this.#active;
  }

  /** Keys that wait for what is away. */
  get parked(): number {
    return this.#parked.size;
  }

  get queue(): WorkQueue {
    return this.#options.queue;
  }

  start(): void {
    const workers = () => Array.from({ length: this.#options.workers }, () => this.#work());
    this.#running ??= Promise.all(workers()).then(() => {});
  }

  /** Finishes what is in hand; tells it to end after `withinMs`. Resolves when nothing runs any more. */
  async stop(withinMs: number): Promise<void> {
    const late = new AbortController();
    this.#parked.clear();
    const closing = this.#options.queue.close().finally(() => late.abort());
    await sleep(withinMs, undefined, { signal: late.signal }).catch(() => {});
    this.#stopping.abort();
    await closing;
    await this.#running;
  }

  async #work(): Promise<void> {
    const { queue } = this.#options;
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      this.#active++;
      try {
        await this.#reconcile(key);
      } finally {
        this.#active--;
        queue.done(key);
      }
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { name, queue, reconcile, observer, onBack, timeoutMs } = this.#options;
    const startedAt = performance.now();
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const { againMs, terminal } = await reconcile(key, AbortSignal.any([limit, this.#stopping.signal]));
      const tookMs = performance.now() - startedAt;
      queue.forget(key);
      const waited = this.#parked.release(key);
      if (waited > 0) onBack(waited);
      if (againMs !== undefined) queue.addAfter(key, againMs);
      if (terminal !== undefined) observer.terminal(name);
      observer.reconciled(
        name,
        terminal !== undefined ? "error" : againMs === undefined ? "success" : "requeue_after",
        tookMs,
      );
    } catch (error) {
      observer.reconciled(name, "error", performance.now() - startedAt);
      if (limit.aborted) observer.reconcileTimedOut(name);
      else if (isBug(error)) observer.panicked(name);
      if (this.#stopping.signal.aborted) return;
      this.#postpone(key, error);
    }
  }

  #postpone(key: string, error: unknown): void {
    const { queue, isAway, onAway, onError } = this.#options;
    if (isAway(error)) {
      if (this.#parked.size === 0) onAway(error);
      return this.#parked.add(key);
    }
    this.#parked.leave(key);
    const inMs = queue.retry(key);
    onError(`${key} is tried again in ${inMs} ms`, error);
  }
}

/** What the language throws, not what was thrown on purpose; a fetch that fails is a TypeError with a cause. */
function isBug(error: unknown): boolean {
  const own = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return own && error.cause === undefined;
}
