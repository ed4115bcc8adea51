import { describe, expect, it } from "@jest/globals";
import { LaneTurns } from "./lane-turns.ts";

const round = (turns: LaneTurns<string>) => Array.from({ length: turns.served }, () => turns.next());

describe("the turns of lanes", () => {
  it("goes round in the order of arrival", () => {
    const turns = new LaneTurns<string>(3, 1000);
    for (const lane of ["a", "b", "c"]) turns.offer(lane);
    turns.rotate(0);
    expect([...round(turns), ...round(turns)]).toEqual(["a", "b", "c", "a", "b", "c"]);
  });

  it("continues a round where it was broken off", () => {
    const turns = new LaneTurns<string>(3, 1000);
    for (const lane of ["a", "b", "c"]) turns.offer(lane);
    turns.rotate(0);
    expect(turns.next()).toBe("a");
    turns.rotate(1);
    expect(turns.next()).toBe("b");
  });

  it("gives each of many its turn in few places", () => {
    const turns = new LaneTurns<string>(2, 1000);
    for (const lane of ["a", "b", "c", "d", "e"]) turns.offer(lane);
    const seen: (string | undefined)[] = [];
    for (let now = 0; now < 5000; now += 1000) {
      turns.rotate(now);
      seen.push(...round(turns));
    }
    expect(seen).toEqual(["a", "b", "c", "d", "e", "a", "b", "c", "d", "e"]);
  });

  it("leaves a place to who has it while nobody waits", () => {
    const turns = new LaneTurns<string>(2, 1000);
    turns.offer("a");
    turns.offer("b");
    turns.rotate(0);
    turns.rotate(10_000);
    expect(round(turns)).toEqual(["a", "b"]);
  });

  it("takes a place away before the turn is over only when asked", () => {
    const turns = new LaneTurns<string>(1, 1000);
    turns.offer("a");
    turns.offer("b");
    turns.rotate(0);
    turns.rotate(999);
    expect(round(turns)).toEqual(["a"]);
    turns.withdraw("a");
    turns.rotate(999);
    expect(round(turns)).toEqual(["b"]);
  });

  it("takes an offer twice as one", () => {
    const turns = new LaneTurns<string>(2, 1000);
    turns.offer("a");
    turns.offer("a");
    turns.rotate(0);
    turns.offer("a");
    turns.rotate(0);
    expect(round(turns)).toEqual(["a"]);
  });
});
