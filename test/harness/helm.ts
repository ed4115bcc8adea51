import { execFile } from "node:child_process";
import path from "node:path";
import { findHelm } from "./helm-finder.ts";
import type { Ran } from "./kubectl.ts";
import { runFolder } from "./temporary.ts";

/** An install that waits for its roll-out takes the longest, in ms. */
const patienceMs = 300_000;

/**
 * Runs helm to its end, whatever its exit code, with nothing of this machine's user. Without a kubeconfig it can render
 * and lint only. @throws Error when it cannot be run or does not end.
 */
export async function runHelm(args: string[], options: { kubeconfig?: string; stdin?: string } = {}): Promise<Ran> {
  const program = await findHelm();
  const home = path.join(runFolder(), "helm");
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    HELM_CACHE_HOME: home,
    HELM_CONFIG_HOME: home,
    HELM_DATA_HOME: home,
    // A file that does not exist is an empty configuration.
    KUBECONFIG: options.kubeconfig ?? path.join(home, "no-kubeconfig"),
  };
  return new Promise((resolve, reject) => {
    const limits = { env, timeout: patienceMs, maxBuffer: 64 * 2 ** 20 };
    const child = execFile(program, args, limits, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      if (typeof code === "number") resolve({ stdout, stderr, code });
      else reject(new Error(`helm ${args.join(" ")}: ${error?.message}\n${stderr}`, { cause: error }));
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.stdin ?? "");
  });
}
