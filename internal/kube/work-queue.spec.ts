import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Clock } from "./clock.ts";
import { WorkQueue } from "./work-queue.ts";

/** A clock that stands until it is told to go on. */
class TestClock implements Clock {
  #now = 0;
  #timers = new Set<{ at: number; fire: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.#now + ms, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#now = next.at;
      this.#timers.delete(next);
      next.fire();
    }
    this.#now = end;
  }

  get timers(): number {
    return this.#timers.size;
  }
}

describe("a work queue", () => {
  let clock: TestClock;
  let queue: WorkQueue;
  let told: string[];
  beforeEach(() => {
    clock = new TestClock();
    told = [];
    queue = new WorkQueue({
      name: "test",
      clock,
      observer: {
        queued: () => told.push("queued"),
        requeued: () => told.push("requeued"),
        taken: (_, waitedMs) => told.push(`taken after ${waitedMs}`),
      },
    });
  });

  /** What a worker that comes now gets at once. */
  async function next(): Promise<string | undefined> {
    return Promise.race([queue.take(), new Promise<string>((wake) => setImmediate(wake, "nothing yet"))]);
  }

  it("gives keys out in the order in which they came, each once", async () => {
    for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
    expect(queue.depth).toBe(3);
    expect([await next(), await next(), await next(), await next()]).toEqual(["a", "b", "c", "nothing yet"]);
  });

  it("gives a key to one worker at a time, and again when something happened meanwhile", async () => {
    queue.add("a");
    expect(await next()).toBe("a");
    queue.add("a");
    queue.add("a");
    queue.add("b");
    expect(await next()).toBe("b");
    const waiting = queue.take();
    queue.done("a");
    expect(await waiting).toBe("a");
    queue.done("a");
    expect(queue.depth).toBe(0);
  });

  it("hands a key to a worker that was there before it", async () => {
    const [first, second] = [queue.take(), queue.take()];
    queue.add("a");
    queue.add("b");
    expect([await first, await second]).toEqual(["a", "b"]);
  });

  it("lets a key that fails wait twice as long every time, from 5 ms to 5 minutes", () => {
    const waits = Array.from({ length: 18 }, () => queue.retry("a"));
    expect(waits.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(waits.slice(-3)).toEqual([163_840, 300_000, 300_000]);
    expect(queue.failures("a")).toBe(18);
    queue.forget("a");
    expect(queue.retry("a")).toBe(5);
    expect(queue.retry("b")).toBe(5);
  });

  it("gives a key out when it is due and not before", async () => {
    queue.addAfter("a", 1000);
    clock.advance(999);
    expect(queue.depth).toBe(0);
    clock.advance(1);
    expect(await next()).toBe("a");
  });

  it("keeps the earliest of several appointments", () => {
    queue.addAfter("a", 1000);
    queue.addAfter("a", 5000);
    queue.addAfter("a", 100);
    expect(clock.timers).toBe(1);
    clock.advance(100);
    expect(queue.depth).toBe(1);
    expect(clock.timers).toBe(0);
  });

  it("works at once on a failing key that changed, and drops the retry that this makes void", async () => {
    queue.retry("a");
    queue.addAfter("a", 300_000);
    queue.add("a");
    expect(await next()).toBe("a");
    expect(clock.timers).toBe(0);
  });

  it("keeps an appointment that is made while the key is worked on", async () => {
    queue.add("a");
    expect(await next()).toBe("a");
    queue.addAfter("a", 1000);
    clock.advance(2000);
    expect(queue.depth).toBe(0);
    queue.done("a");
    expect(await next()).toBe("a");
  });

  it("ends with its workers: nothing is given out any more, and what is in hand is waited for", async () => {
    queue.add("a");
    expect(await next()).toBe("a");
    const waiting = queue.take();
    queue.add("c");
    expect(await waiting).toBe("c");
    queue.add("b");
    queue.addAfter("later", 10);
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    expect(await next()).toBeUndefined();
    queue.retry("a");
    queue.done("a");
    await Promise.resolve();
    expect(closed).toBe(false);
    queue.done("c");
    await closing;
    expect(clock.timers).toBe(0);
  });

  it("tells how long keys waited and how long they have been worked on", async () => {
    queue.add("a");
    clock.advance(30);
    await next();
    clock.advance(500);
    queue.add("b");
    await next();
    clock.advance(100);
    expect(queue.unfinished).toEqual({ totalMs: 700, longestMs: 600 });
    queue.retry("a");
    expect(told).toEqual(["queued", "taken after 30", "queued", "taken after 0", "requeued"]);
  });
});
