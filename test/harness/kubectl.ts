import { execFile } from "node:child_process";
import path from "node:path";
import { runFolder } from "./temporary.ts";

export interface Ran {
  stdout: string;
  stderr: string;
  code: number;
}

/** Asks for no more than this, in ms, also when nobody answers. */
const patienceMs = 180_000;

/** Runs kubectl to its end, whatever its exit code. @throws Error when it cannot be run or does not end. */
export function runKubectl(program: string, kubeconfig: string, args: string[], stdin = ""): Promise<Ran> {
  // Nothing of this machine's user: neither a configuration nor what was learned of another API server.
  const env = {
    PATH: process.env.PATH,
    HOME: runFolder(),
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: path.join(path.dirname(kubeconfig), "kubectl-cache"),
  };
  return new Promise((resolve, reject) => {
    const options = { env, timeout: patienceMs, maxBuffer: 64 * 2 ** 20 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      if (typeof code === "number") resolve({ stdout, stderr, code });
      else reject(new Error(`kubectl ${args.join(" ")}: ${error?.message}\n${stderr}`, { cause: error }));
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin);
  });
}
