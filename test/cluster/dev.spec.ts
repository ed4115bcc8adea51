import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it, jest } from "@jest/globals";
import { inheritedEnvironment } from "../harness/compile-cache.ts";
import { describeCluster } from "../harness/describe-cluster.ts";
import { temporaryFolder } from "../harness/temporary.ts";
import { until } from "../harness/wait.ts";

// Two whole systems, each with an API server: seconds alone, more when other tests run beside them.
jest.setTimeout(480_000);

const program = fileURLToPath(new URL("../../cmd/dev.ts", import.meta.url));
const folder = temporaryFolder("dev-kube");
const ports = ["POSTGRES", "NATS", "GRPC", "HTTP", "RECEIVER", "METRICS", "KUBE"].map((name) => [`${name}_PORT`, "0"]);
const running = new Set<() => void>();
afterAll(() => {
  for (const kill of running) kill();
});

/** `npm run dev -- --kube`, printing to us; resolves when everything runs. */
async function startDev() {
  const { XDG_CACHE_HOME, KUBEBUILDER_ASSETS } = process.env;
  const inherited = { ...inheritedEnvironment(), XDG_CACHE_HOME, KUBEBUILDER_ASSETS };
  const child = spawn(process.execPath, [program, "--kube"], {
    // A folder without a .env.
    cwd: folder,
    env: { ...inherited, SEALPOST_DEV_DIR: folder, ...Object.fromEntries(ports) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  running.add(kill);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve)).finally(() =>
    running.delete(kill),
  );
  const says = (what: RegExp | string) => {
    const said = () => (typeof what === "string" ? output.includes(what) : what.test(output));
    return until(() => said() || (child.exitCode !== null && `it ended; it says:\n${output}`), {
      timeoutMs: 120_000,
      what: `dev to say ${what}; it says:\n${output}`,
    });
  };
  expect(await says("Ctrl-C ends everything")).toBe(true);
  /** The commands below a title that it prints, as they stand there. */
  const printed = (title: string) => output.slice(output.indexOf(`\n${title}\n`)).split("\nIds and keys")[0] ?? "";
  return { output: () => output, says, printed, end: () => (child.kill("SIGINT"), ended) };
}

/** Runs what a person pastes into a shell. */
function paste(script: string): Promise<string> {
  // kubectl remembers in the home folder what the API server serves.
  const env = { PATH: process.env.PATH, HOME: folder };
  const shell = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "pipe"], env, cwd: folder });
  let text = "";
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
  return new Promise((resolve) => shell.once("close", () => resolve(text)));
}

const pids = () =>
  (JSON.parse(readFileSync(path.join(folder, "stack.json"), "utf8")) as { pids: Record<string, number> }).pids;
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describeCluster("npm run dev -- --kube", () => {
  it("takes an endpoint from kubectl, keeps it over a crash of every part, and has it again the next time", async () => {
    const dev = await startDev();
    const commands = dev.printed("Try it with kubectl").replaceAll(/^ *# .*$/gm, "");
    const login = commands.split("\n").find((line) => line.includes("export KUBECONFIG")) ?? "";
    const pasted = await paste(commands);
    expect(pasted).toContain("webhookendpoint.sealpost.dev/orders created");
    expect(pasted).toMatch(/orders +http:\/\/localhost:\d+\/from-kubernetes +True +Ready/);
    expect(pasted).toContain("DESCRIPTION:");
    // Events are written beside what they tell of.
    const told = async () =>
      /Normal +EndpointCreated +.*sealpost\.dev\/controller/.test(await paste(`${login}\nkubectl describe whe orders`));
    await until(told, { what: "the event about it" });

    const [, publish = ""] = /# publish an event\S*\n +(curl[^#]+)\n\n/.exec(dev.output()) ?? [];
    await paste(publish);
    expect(await dev.says(/\/from-kubernetes.*verified with "spare"/)).toBe(true);

    for (const part of ["controller", "kubeApiServer", "etcd", "kubeControllers"]) {
      const before = pids()[part] as number;
      process.kill(before, "SIGKILL");
      await until(() => pids()[part] !== before, { timeoutMs: 120_000, what: `${part} to be back` });
    }
    const look = () =>
      paste(`${login}\nkubectl get whe orders -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}'`);
    await until(async () => (await look()) === "True", { timeoutMs: 120_000, what: "the resource, as before" });
    expect(await dev.end()).toBe(0);
    expect(Object.values(pids()).filter(isAlive)).toEqual([]);

    const again = await startDev();
    expect(await paste(`${login}\nkubectl get whe`)).toMatch(/orders .* True +Ready/);
    expect(await again.end()).toBe(0);
  });
});
