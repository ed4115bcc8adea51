import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, expect, it } from "@jest/globals";
import { until } from "../../harness/wait.ts";

const starter = `
  const { startNats } = await import(${JSON.stringify(new URL("../../harness/nats.ts", import.meta.url).href)});
  const { startPostgres } = await import(${JSON.stringify(new URL("../../harness/postgres.ts", import.meta.url).href)});
  const servers = await Promise.all([startNats(), startPostgres()]);
  console.log(JSON.stringify(servers.map((server) => server.pid)));
  setInterval(() => {}, 1000);
`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("servers", () => {
  it("end with the process that started them, even when it is killed", async () => {
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", starter], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: parent.stdout });
    const pids = JSON.parse((await lines[Symbol.asyncIterator]().next()).value as string) as number[];
    expect(pids.map(isAlive)).toEqual([true, true]);
    parent.kill("SIGKILL");
    await until(() => !pids.some(isAlive), { what: "the servers to end" });
  });
});
