import { describe, expect, it } from "@jest/globals";
import { runLab } from "../chaos/run-lab.ts";
import { holds, table } from "../chaos/verdict.ts";

describe("the lab, in short", () => {
  it("loses nothing, and every request is recorded and verified, while everything is killed and rotated", async () => {
    const said: string[] = [];
    const verdict = await runLab({ seconds: 20, seed: 7, say: (what) => said.push(what) });
    if (!holds(verdict)) console.log(`${said.join("\n")}\n${table(verdict)}`);
    // How many depends on how fast processes start between two kills: hundreds on a machine that does nothing else.
    expect(verdict.events).toBeGreaterThan(5);
    expect(verdict.lost).toEqual([]);
    expect(verdict.unrecorded).toEqual([]);
    expect(verdict.unverified).toEqual([]);
    expect(verdict.rotations.rotations).toBeGreaterThan(2);
    expect(verdict.rotations.rekeys).toBeGreaterThan(1);
  });
});
