import { describe, expect, it } from "@jest/globals";
import { runLab } from "../chaos/run-lab.ts";
import { table } from "../chaos/verdict.ts";

describe("the lab, in short", () => {
  it("loses nothing and records every request while everything is killed", async () => {
    const said: string[] = [];
    const verdict = await runLab({ seconds: 20, seed: 7, say: (what) => said.push(what) });
    if (verdict.lost.length + verdict.unrecorded.length > 0) console.log(`${said.join("\n")}\n${table(verdict)}`);
    expect(verdict.events).toBeGreaterThan(50);
    expect(verdict.lost).toEqual([]);
    expect(verdict.unrecorded).toEqual([]);
  }, 240_000);
});
