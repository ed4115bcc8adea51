import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "@jest/globals";
import { freePort } from "../../internal/devstack/free-port.ts";
import { inheritedEnvironment } from "../harness/compile-cache.ts";
import { startReceiver } from "../harness/receiver.ts";
import { temporaryFolder } from "../harness/temporary.ts";
import { until } from "../harness/wait.ts";

const program = fileURLToPath(new URL("../../cmd/dev.ts", import.meta.url));
const folder = temporaryFolder("dev");
const anyPort = {
  POSTGRES_PORT: "0",
  NATS_PORT: "0",
  GRPC_PORT: "0",
  HTTP_PORT: "0",
  RECEIVER_PORT: "0",
  METRICS_PORT: "0",
};
const running = new Set<ReturnType<typeof start>>();
// They share a folder: one that a failed test leaves behind would keep out the next.
afterEach(() => Promise.all([...running].map((dev) => dev.stop())));

/** `npm run dev`, printing to us. */
function start(args: string[], env: Record<string, string> = {}, stateFolder = folder) {
  const child = spawn(process.execPath, [program, ...args], {
    // A folder without a .env.
    cwd: folder,
    env: { ...inheritedEnvironment(), ...anyPort, SEALPOST_DEV_DIR: stateFolder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("close", (code, signal) => {
      running.delete(dev);
      resolve(signal ?? code ?? -1);
    });
  });
  const dev = {
    ended,
    output: () => output,
    says: (what: string) =>
      until(
        () => {
          if (child.exitCode !== null) throw new Error(`dev ended without saying "${what}":\n${output}`);
          return output.includes(what);
        },
        { what: `dev to say "${what}"; it says:\n${output}` },
      ),
    signal: (name: NodeJS.Signals) => child.kill(name),
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
  running.add(dev);
  return dev;
}

interface StackFile {
  http: string;
  workspaceKey: string;
  pids: Record<string, number>;
}

const stackFile = (): StackFile => JSON.parse(readFileSync(path.join(folder, "stack.json"), "utf8")) as StackFile;
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("npm run dev", () => {
  let firstEndpoint: string | undefined;

  it("shows a verified delivery and ends with 0 when told --once", async () => {
    const dev = start(["--once"]);
    const code = await dev.ended;
    expect(`${code}\n${dev.output()}`).toMatch(/^0\n/);
    const output = dev.output();
    firstEndpoint = /endpoint +(whe_\w{26})/.exec(output)?.[1];
    expect(output).toMatch(/delivery +whd_\w{26}: SUCCEEDED with attempt 1, HTTP 200/);
    expect(output).toMatch(/webhook-id:\S* evt_\w{26}/);
    expect(output).toMatch(/webhook-signature:\S* v1,/);
    expect(output).toContain('the signature is valid, made with the secret "demonstration"');
    expect(statSync(path.join(folder, "stack.json")).mode & 0o777).toBe(0o600);
    expect(Object.values(stackFile().pids).filter(isAlive)).toEqual([]);
  });

  it("takes its endpoint again, starts again what dies, and ends all of it on Ctrl-C", async () => {
    const dev = start([]);
    await dev.says("Ctrl-C ends everything");
    expect(dev.output()).toContain(`endpoint   ${firstEndpoint} → http://localhost:`);
    expect(dev.output()).toContain("(of an earlier run)");

    const before = stackFile();
    for (const part of ["api", "delivery", "receiver", "nats", "postgres"]) {
      process.kill(before.pids[part] as number, "SIGKILL");
      await until(() => stackFile().pids[part] !== before.pids[part], {
        what: `${part} to be back`,
      });
      await dev.says(`${part} is back (pid ${stackFile().pids[part]})`);
    }
    const [, curl = ""] = /# publish an event\S*\n +(curl[^#]+)\n\n/.exec(dev.output()) ?? [];
    const publish = async () => {
      const pasted = spawn("sh", ["-c", curl], { stdio: ["ignore", "pipe", "inherit"] });
      let answer = "";
      pasted.stdout.setEncoding("utf8").on("data", (text: string) => {
        answer += text;
      });
      await new Promise((resolve) => pasted.once("close", resolve));
      return (JSON.parse(answer) as { id?: string }).id;
    };
    // Postgres has just come back: the first call may find its connections broken.
    const id = await until(publish, { what: "the event to be accepted" });
    await until(() => new RegExp(`${id}.*verified with "demonstration"`).test(dev.output()), { what: "the verdict" });

    dev.signal("SIGINT");
    // npm hands its Ctrl-C on, so one arrives twice.
    dev.signal("SIGINT");
    expect(await dev.ended).toBe(0);
    expect(Object.values(stackFile().pids).filter(isAlive)).toEqual([]);
    expect(existsSync(path.join(folder, "lock"))).toBe(false);
  });

  it("explains the refusal on the plan FREE", async () => {
    const dev = start(["--once"], { SEED_PLAN_TIER: "FREE" });
    expect(await dev.ended).toBe(1);
    expect(dev.output()).toContain("The API refused to create the endpoint: HTTP 403, PLAN_REQUIRED.");
    expect(dev.output()).toContain("SEED_PLAN_TIER=GROWTH");
  });

  it("shows what production refuses with --production, and ends with 0 because it did", async () => {
    const dev = start(["--production", "--once"]);
    const code = await dev.ended;
    expect(`${code}\n${dev.output()}`).toMatch(/^0\n/);
    const output = dev.output();
    expect(output).toMatch(
      /http:\/\/localhost:\d+\n.*refused\S*: HTTP 400, url: .*localhost is a name of this machine/,
    );
    expect(output).toMatch(/https:\/\/0x7f\.1:\d+\n.*refused\S*: HTTP 400, url: .*127\.0\.0\.1 is in 127\.0\.0\.0\/8/);
    expect(output).toContain("169.254.169.254 is the metadata service of clouds");
    expect(output).not.toContain("SUCCEEDED");
  });

  it("starts over with --fresh, and leaves nothing running when it is killed", async () => {
    const dev = start(["--fresh"]);
    await dev.says("Ctrl-C ends everything");
    expect(dev.output()).not.toContain("(of an earlier run)");
    const pids = Object.values(stackFile().pids);
    expect(pids.filter(isAlive)).toHaveLength(5);
    dev.signal("SIGKILL");
    await dev.ended;
    await until(() => !pids.some(isAlive), { what: "what dev started to end" });
  });

  it("names a port that is taken, and the variable that changes it", async () => {
    const port = await freePort();
    const other = await startReceiver(undefined, port);
    const dev = start(["--once"], { HTTP_PORT: String(port) }, temporaryFolder("dev"));
    expect(await dev.ended).toBe(1);
    expect(dev.output()).toContain(
      `port ${port} (the API over HTTP) is taken by another program: set HTTP_PORT to another one, or to 0 for any`,
    );
    await other.close();
  });

  it("refuses an unknown plan before it starts anything", async () => {
    const dev = start(["--once"], { SEED_PLAN_TIER: "GOLD" }, temporaryFolder("dev"));
    expect(await dev.ended).toBe(2);
    expect(dev.output()).toContain("SEED_PLAN_TIER must be one of");
  });
});
