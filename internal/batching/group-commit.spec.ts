import { describe, expect, it } from "@jest/globals";
import { GroupCommit, RowError } from "./group-commit.ts";

/** A commit that the test lets through by hand, and the groups it was asked to write. */
function gated() {
  const groups: string[][] = [];
  const gates: (() => void)[] = [];
  const commit = (rows: string[]) => {
    groups.push(rows);
    return new Promise<string[]>((resolve) => gates.push(() => resolve(rows.map((row) => `${row}!`))));
  };
  return { groups, commit, open: () => gates.shift()?.() };
}

describe("group commit", () => {
  it("commits at once when idle, and together what arrived while a commit was in flight", async () => {
    const { groups, commit, open } = gated();
    const rows = new GroupCommit({ commit });
    const first = rows.add("a");
    await Promise.resolve();
    const rest = [rows.add("b"), rows.add("c")];
    expect(groups).toEqual([["a"]]);
    open();
    expect(await first).toBe("a!");
    await new Promise(setImmediate);
    open();
    expect(await Promise.all(rest)).toEqual(["b!", "c!"]);
    expect(groups).toEqual([["a"], ["b", "c"]]);
  });

  it("waits for more rows after a commit of several, and not after a commit of one", async () => {
    const groups: number[][] = [];
    const rows = new GroupCommit({
      // As long as a busy machine may need for what follows.
      lingerMs: 500,
      commit: async (group: number[]) => {
        groups.push(group);
        await new Promise(setImmediate);
        return group;
      },
    });
    const first = rows.add(1);
    await Promise.resolve();
    const second = [rows.add(2), rows.add(3)];
    await first;
    await new Promise(setImmediate);
    const third = rows.add(4);
    await Promise.all(second);
    await new Promise(setImmediate);
    await Promise.all([third, rows.add(5)]);
    expect(groups).toEqual([[1], [2, 3], [4, 5]]);
  });

  it("bounds a commit's rows", async () => {
    const groups: number[][] = [];
    const rows = new GroupCommit({
      maxRows: 2,
      commit: async (group: number[]) => {
        groups.push(group);
        return group;
      },
    });
    expect(await Promise.all([1, 2, 3, 4, 5].map((n) => rows.add(n)))).toEqual([1, 2, 3, 4, 5]);
    expect(groups).toEqual([[1, 2], [3, 4], [5]]);
  });

  it("bounds a commit's bytes, and lets a row that is larger by itself through alone", async () => {
    const groups: number[][] = [];
    const rows = new GroupCommit({
      weigh: (row: number) => row,
      maxBytes: 10,
      commit: async (group: number[]) => {
        groups.push(group);
        return group;
      },
    });
    await Promise.all([4, 6, 1, 25, 3].map((bytes) => rows.add(bytes)));
    expect(groups).toEqual([[4, 6], [1], [25], [3]]);
  });

  it("halves a group until the row at fault stands alone, and lets the others through", async () => {
    const rows = new GroupCommit({
      commit: async (group: number[]) => {
        if (group.includes(7)) throw new RowError("seven cannot be stored");
        return group;
      },
    });
    const results = await Promise.allSettled([1, 7, 3, 4].map((n) => rows.add(n)));
    expect(results.map((r) => r.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  });

  it("refuses with RESOURCE_EXHAUSTED when too much is waiting, and says when to come back", async () => {
    const { commit, open } = gated();
    const rows = new GroupCommit({ commit, maxWaiting: 1 });
    const first = rows.add("a");
    await Promise.resolve();
    const second = rows.add("b");
    await expect(rows.add("c")).rejects.toMatchObject({
      status: "RESOURCE_EXHAUSTED",
      details: { retryAfterMs: 1000 },
    });
    open();
    await first;
    await new Promise(setImmediate);
    open();
    await second;
  });

  it("fails every row of a commit that could not be made, and goes on with the next", async () => {
    let broken = true;
    const rows = new GroupCommit({
      commit: async (group: number[]) => {
        if (broken) throw new Error("no database");
        return group;
      },
    });
    await expect(rows.add(1)).rejects.toThrow("no database");
    broken = false;
    expect(await rows.add(2)).toBe(2);
    await rows.drained();
  });
});
