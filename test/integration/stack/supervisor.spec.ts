import { spawn } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import { type Running, supervise } from "../../../internal/devstack/supervisor.ts";
import { until } from "../../harness/wait.ts";

/** A real process that does nothing. */
async function idle(): Promise<Running> {
  const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"]);
  const ended = new Promise<string>((resolve) =>
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`)),
  );
  return {
    pid: child.pid as number,
    ended,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

describe("the supervisor", () => {
  it("starts again what died and says so, until it is told to stop", async () => {
    const said: string[] = [];
    let again = 0;
    const supervised = await supervise({
      name: "api",
      start: idle,
      onStartedAgain: () => again++,
      say: (text) => said.push(text),
    });
    for (let kills = 1; kills <= 2; kills++) {
      process.kill(supervised.pid(), "SIGKILL");
      await until(() => again === kills, { what: "the next start" });
    }
    const { length } = said;
    await supervised.stop(1000);
    expect(said).toHaveLength(length);
    expect(said[0]).toBe("api died (SIGKILL): starting it again");
    expect(said[1]).toMatch(/^api is back \(pid \d+\)$/);
    expect(() => process.kill(supervised.pid(), 0)).toThrow("ESRCH");
  });

  it("goes on when a start fails", async () => {
    const said: string[] = [];
    let starts = 0;
    const start = async () => {
      starts++;
      if (starts === 2) throw new Error("port 3000 is taken");
      return idle();
    };
    const supervised = await supervise({
      name: "api",
      start,
      onStartedAgain: () => {},
      say: (text) => said.push(text),
    });
    process.kill(supervised.pid(), "SIGKILL");
    await until(() => said.some((text) => text.startsWith("api is back")), { what: "the third start" });
    expect(said).toContain("api did not start: port 3000 is taken");
    await supervised.stop(1000);
  });
});
