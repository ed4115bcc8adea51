import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { endWithThisProcess, release } from "../../internal/devstack/guard.ts";
import { inheritedEnvironment } from "./compile-cache.ts";
import { runFolder } from "./temporary.ts";

const program = fileURLToPath(new URL("../../cmd/sealpost.ts", import.meta.url));

/** A command that ends by itself, as a Job runs it. */
export interface Command {
  /** What it has printed so far, complaints included. */
  lines(): string[];
  kill(signal: NodeJS.Signals): void;
  /** Resolves to its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

export function runCommand(command: string, env: Record<string, string>): Command {
  const child = spawn(process.execPath, [program, command], {
    // Not the repository: a developer's .env there is no part of the test.
    cwd: runFolder(),
    env: { ...inheritedEnvironment(), KUBERNETES_SERVICE_HOST: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid !== undefined) endWithThisProcess(pid, "SIGKILL");
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (pid !== undefined) release(pid);
      resolve(signal ?? code ?? -1);
    });
  });
  return { lines: () => printed.split("\n").filter(Boolean), kill: (signal) => child.kill(signal), ended };
}
