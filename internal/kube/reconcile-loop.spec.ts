import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { silent } from "./observer.ts";
import { type Reconciled, ReconcileLoop, type ReconcileLoopOptions } from "./reconcile-loop.ts";
import { WorkQueue } from "./work-queue.ts";

const settled = () => new Promise((wake) => setImmediate(wake));
const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

describe("the reconcile loop", () => {
  let queue: WorkQueue;
  let loop: ReconcileLoop;
  let told: string[];
  let errors: string[];
  beforeEach(() => {
    queue = new WorkQueue({ name: "test", backoff: { firstMs: 1, longestMs: 50 } });
    told = [];
    errors = [];
  });
  afterEach(() => loop.stop(0));

  function start(reconcile: ReconcileLoopOptions["reconcile"], options: Partial<ReconcileLoopOptions> = {}): void {
    loop = new ReconcileLoop({
      name: "test",
      queue,
      reconcile,
      onError: (message, error) => errors.push(`${message}: ${(error as Error).message}`),
      observer: {
        ...silent,
        reconciled: (_, result) => told.push(result),
        terminal: () => told.push("terminal"),
        panicked: () => told.push("panicked"),
        reconcileTimedOut: () => told.push("timed out"),
      },
      ...options,
    });
    loop.start();
  }

  it("works on several keys at a time, and on each by one worker only", async () => {
    const open = new Map<string, () => void>();
    let most = 0;
    start(
      async (key) => {
        expect(open.has(key)).toBe(false);
        await new Promise<void>((wake) => open.set(key, wake));
        most = Math.max(most, open.size);
        open.delete(key);
        return {};
      },
      { workers: 2 },
    );
    for (const key of ["a", "b", "c", "a"]) queue.add(key);
    await settled();
    queue.add("a");
    expect([...open.keys()]).toEqual(["a", "b"]);
    expect(loop.active).toBe(2);
    while (open.size > 0) {
      open.values().next().value?.();
      await settled();
    }
    expect(told).toEqual(["success", "success", "success", "success"]);
    expect(most).toBe(2);
    expect(loop.active).toBe(0);
  });

  it("tries again what fails, says when, and starts from the first wait after a success", async () => {
    let failures = 3;
    start(async () => {
      if (failures-- > 0) throw new Error("the API is away");
      return {};
    });
    queue.add("a");
    while (told.length < 4) await pause(1);
    expect(told).toEqual(["error", "error", "error", "success"]);
    expect(errors).toEqual([1, 2, 4].map((ms) => `a is tried again in ${ms} ms: the API is away`));
    expect(queue.failures("a")).toBe(0);
  });

  it("looks again after the time it is told", async () => {
    const results: Reconciled[] = [{ againMs: 5 }, {}];
    start(async () => results.shift() ?? {});
    queue.add("a");
    while (told.length < 2) await pause(1);
    expect(told).toEqual(["requeue_after", "success"]);
  });

  it("leaves alone what cannot be done until something changes", async () => {
    start(async () => ({ terminal: "the plan has no endpoints" }));
    queue.add("a");
    await pause(20);
    expect(told).toEqual(["terminal", "error"]);
    expect(errors).toEqual([]);
    queue.add("a");
    await settled();
    expect(told).toHaveLength(4);
  });

  it("ends what takes too long, and tells mistakes of the program from failures", async () => {
    const reconciles: ReconcileLoopOptions["reconcile"][] = [
      (_, signal) =>
        new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
      async () => (undefined as unknown as { x: { y: number } }).x.y as never,
      async () => {
        throw new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") });
      },
    ];
    start((key, signal) => reconciles.shift()?.(key, signal) ?? Promise.resolve({}), { timeoutMs: 20 });
    queue.add("a");
    while (told.length < 6) await pause(1);
    expect(told).toEqual(["error", "timed out", "error", "panicked", "error", "success"]);
  });

  it("lets keys wait together for what is away, says so once, and goes on with all when a look at one goes well", async () => {
    const away = new Error("the API is away");
    let isAway = true;
    const seen: string[] = [];
    const said: string[] = [];
    start(
      async (key) => {
        seen.push(key);
        if (isAway) throw away;
        return {};
      },
      {
        isAway: (error) => error === away,
        onAway: (error) => said.push((error as Error).message),
        onBack: (keys) => said.push(`${keys} go on`),
      },
    );
    for (const key of ["a", "b", "c"]) queue.add(key);
    // Much longer than the first waits of keys that fail by themselves.
    await pause(50);
    expect(seen).toEqual(["a", "b", "c"]);
    expect([said, errors, loop.parked]).toEqual([["the API is away"], [], 3]);
    isAway = false;
    queue.add("b");
    while (told.length < 6) await pause(1);
    expect(seen.slice(3)).toEqual(["b", "a", "c"]);
    expect([said, loop.parked]).toEqual([["the API is away", "3 go on"], 0]);
  });

  it("stops when what is in hand is done, and tells it to end when it takes too long", async () => {
    let aborted = false;
    start(
      (_, signal) =>
        new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            aborted = true;
            resolve({});
          }),
        ),
    );
    queue.add("a");
    queue.add("b");
    await settled();
    await loop.stop(20);
    expect(aborted).toBe(true);
    queue.add("c");
    await settled();
    expect(loop.active).toBe(0);
  });
});
