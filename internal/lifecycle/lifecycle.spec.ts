import { describe, expect, it } from "@jest/globals";
import { createLogger } from "../telemetry/logger.ts";
import { Lifecycle } from "./lifecycle.ts";

const silent = createLogger("test", "silent");

describe("the life of a process", () => {
  it("ends what was started last first, and goes on when one fails", async () => {
    const ended: string[] = [];
    const lifecycle = new Lifecycle(silent);
    for (const name of ["database", "broker", "server"]) lifecycle.onStop(name, () => void ended.push(name));
    lifecycle.onStop("broken", () => Promise.reject(new Error("no")));
    expect(await lifecycle.stop()).toBe(false);
    expect(ended).toEqual(["server", "broker", "database"]);
  });

  it("ends once, however often it is told to", async () => {
    let times = 0;
    const lifecycle = new Lifecycle(silent);
    lifecycle.onStop("server", () => times++);
    expect(await Promise.all([lifecycle.stop(), lifecycle.stop()])).toEqual([true, true]);
    expect(times).toBe(1);
  });

  it("is ready from the end of the start to the beginning of the end, while its checks agree", async () => {
    let reason: string | undefined = undefined;
    const lifecycle = new Lifecycle(silent);
    lifecycle.readyWhen(() => reason);
    expect(lifecycle.notReady()).toBe("starting");
    lifecycle.started();
    expect(lifecycle.notReady()).toBeUndefined();
    reason = "the database is away";
    expect(lifecycle.notReady()).toBe("the database is away");
    const stopped = lifecycle.stop();
    expect(lifecycle.notReady()).toBe("stopping");
    await stopped;
  });

  it("tells each how much of the time to drain is left", async () => {
    const left: number[] = [];
    const lifecycle = new Lifecycle(silent);
    lifecycle.onStop("database", (withinMs) => left.push(withinMs));
    lifecycle.onStop("server", (withinMs) => left.push(withinMs));
    await lifecycle.stop();
    expect(left[0]).toBeGreaterThan(14_000);
    expect(left[1]).toBeLessThanOrEqual(left[0] as number);
  });
});
