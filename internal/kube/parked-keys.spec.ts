import { beforeEach, describe, expect, it } from "@jest/globals";
import { ParkedKeys } from "./parked-keys.ts";

describe("keys that wait for what is away", () => {
  /** The timer that is set; only one may be at a time. */
  let timer: { ms: number; fire: () => void } | undefined;
  let queued: string[];
  let random: number;
  let parked: ParkedKeys;
  beforeEach(() => {
    timer = undefined;
    queued = [];
    random = 0.5;
    parked = new ParkedKeys({
      queue: { add: (key) => queued.push(key) },
      random: () => random,
      clock: {
        now: () => 0,
        after(ms, fire) {
          if (timer) throw new Error("a second timer");
          timer = { ms, fire };
          return () => {
            timer = undefined;
          };
        },
      },
    });
  });

  /** Lets the timer go off; answers which keys came to the queue. */
  function later(): string[] {
    const fire = timer?.fire;
    timer = undefined;
    fire?.();
    return queued.splice(0);
  }

  it("are tried one at a time, in turn, every 4 to 6 s", () => {
    random = 0;
    for (const key of ["a", "b", "c"]) parked.add(key);
    expect(timer?.ms).toBe(4000);
    random = 1;
    expect(later()).toEqual(["a"]);
    expect(timer?.ms).toBe(6000);
    parked.add("a");
    expect(later()).toEqual(["b"]);
    parked.add("b");
    expect([...later(), ...later()]).toEqual(["c", "a"]);
    expect(parked.size).toBe(3);
  });

  it("go on together when one of them went well, and nothing is tried any more", () => {
    for (const key of ["a", "b", "c"]) parked.add(key);
    expect(later()).toEqual(["a"]);
    expect(parked.release("a")).toBe(3);
    expect(queued).toEqual(["b", "c"]);
    expect([parked.size, timer]).toEqual([0, undefined]);
    expect(parked.release("b")).toBe(0);
  });

  it("go on as well when one was worked on because it changed", () => {
    for (const key of ["a", "b"]) parked.add(key);
    expect(parked.release("b")).toBe(2);
    expect(queued).toEqual(["a"]);
  });

  it("wait on when another key went well, or one of them met something else", () => {
    for (const key of ["a", "b"]) parked.add(key);
    expect(parked.release("other")).toBe(0);
    expect(later()).toEqual(["a"]);
    parked.leave("a");
    expect([parked.size, queued]).toEqual([1, []]);
    expect(later()).toEqual(["b"]);
  });

  it("are tried once at a time, however long one takes", () => {
    parked.add("a");
    expect(later()).toEqual(["a"]);
    expect(timer).toBeUndefined();
    parked.add("a");
    expect(later()).toEqual(["a"]);
  });
});
