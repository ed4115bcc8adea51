import { describe, expect, it } from "@jest/globals";
import { LaneTurns } from "./lane-turns.ts";

describe("the turns of lanes", () => {
  it("puts who was given something behind everybody else, and leaves the others in front", () => {
    const turns = new LaneTurns<string>(3, 1000);
    for (const lane of ["a", "b", "c"]) turns.offer(lane);
    turns.rotate(0);
    turns.given("a");
    expect(turns.inOrder()).toEqual(["b", "c", "a"]);
    turns.given("c");
    turns.given("unknown");
    expect(turns.inOrder()).toEqual(["b", "a", "c"]);
  });

  it("gives each of many its turn in few places", () => {
    const turns = new LaneTurns<string>(2, 1000);
    for (const lane of ["a", "b", "c", "d", "e"]) turns.offer(lane);
    const seen: string[] = [];
    for (let now = 0; now < 5000; now += 1000) {
      turns.rotate(now);
      seen.push(...turns.inOrder());
    }
    expect(seen).toEqual(["a", "b", "c", "d", "e", "a", "b", "c", "d", "e"]);
  });

  it("leaves a place to who has it while nobody waits", () => {
    const turns = new LaneTurns<string>(2, 1000);
    turns.offer("a");
    turns.offer("b");
    turns.rotate(0);
    turns.rotate(10_000);
    expect(turns.inOrder()).toEqual(["a", "b"]);
  });

  it("takes a place away before the turn is over only when asked", () => {
    const turns = new LaneTurns<string>(1, 1000);
    turns.offer("a");
    turns.offer("b");
    turns.rotate(0);
    turns.rotate(999);
    expect(turns.inOrder()).toEqual(["a"]);
    turns.withdraw("a");
    turns.rotate(999);
    expect(turns.inOrder()).toEqual(["b"]);
  });

  it("takes an offer twice as one", () => {
    const turns = new LaneTurns<string>(2, 1000);
    turns.offer("a");
    turns.offer("a");
    turns.rotate(0);
    turns.offer("a");
    turns.rotate(0);
    expect(turns.inOrder()).toEqual(["a"]);
  });
});
