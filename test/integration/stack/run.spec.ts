import { spawn } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import { until } from "../../harness/wait.ts";

const internal = new URL("../../../internal/", import.meta.url).href;

/** A part whose start is this code, in a process of its own. */
function part(code: string) {
  const program = `
    import { SettingsError } from "${internal}config/read.ts";
    import { runPart } from "${internal}lifecycle/run.ts";
    import { createLogger } from "${internal}telemetry/logger.ts";
    await runPart(() => createLogger("part", "info"), async (lifecycle) => { ${code} });
  `;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    output: () => output,
    says: (text: string) => until(() => output.includes(text), { what: `the part to say ${text}` }),
    ended: new Promise<number | null>((resolve) => child.once("close", resolve)),
  };
}

describe("a part", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("drains on %s, the last started first, and ends with 0", async (signal) => {
    const drains = part(`
      lifecycle.onStop("record", () => console.log("record closed"));
      lifecycle.onStop("server", () => new Promise((done) => setTimeout(() => { console.log("server drained"); done(); }, 200)));
      console.log("runs");
    `);
    await drains.says("runs");
    drains.kill(signal);
    // One Ctrl-C may arrive twice.
    drains.kill(signal);
    expect(await drains.ended).toBe(0);
    expect(drains.output()).toMatch(/server drained[^]*record closed/);
  });

  it("ends at once when it is told again after a while", async () => {
    const hangs = part(`lifecycle.onStop("server", () => new Promise(() => {})); console.log("runs");`);
    await hangs.says("runs");
    hangs.kill("SIGINT");
    const again = setInterval(() => hangs.kill("SIGINT"), 300);
    expect(await hangs.ended).toBe(130);
    clearInterval(again);
  });

  it("ends with 1 when something did not stop well", async () => {
    const breaks = part(`lifecycle.onStop("server", () => { throw new Error("stuck"); }); console.log("runs");`);
    await breaks.says("runs");
    breaks.kill("SIGTERM");
    expect(await breaks.ended).toBe(1);
    expect(breaks.output()).toContain("server did not stop well");
  });

  it.each([
    ["an error", `setTimeout(() => { throw new Error("nobody saw this coming"); }, 50);`],
    ["a rejected promise", `setTimeout(() => void Promise.reject(new Error("nobody saw this coming")), 50);`],
  ])("logs %s that nobody handles and ends with 1", async (_what, code) => {
    const fails = part(code);
    expect(await fails.ended).toBe(1);
    expect(fails.output()).toContain("nobody saw this coming");
  });

  it("ends what it had started when it cannot start, with 1", async () => {
    const fails = part(`
      lifecycle.onStop("record", () => console.log("record closed"));
      throw new Error("port 3000 is taken");
    `);
    expect(await fails.ended).toBe(1);
    expect(fails.output()).toMatch(/port 3000 is taken[^]*record closed/);
  });

  it("ends with 2 and the plain reason when a setting is wrong", async () => {
    const fails = part(`throw new SettingsError("DATABASE_URL is not set");`);
    expect(await fails.ended).toBe(2);
    expect(fails.output()).toBe("DATABASE_URL is not set\n");
  });

  it("drains and ends by itself with the code that its start answers", async () => {
    const once = part(`lifecycle.onStop("server", () => console.log("server drained")); return 0;`);
    expect(await once.ended).toBe(0);
    expect(once.output()).toContain("server drained");
  });
});
