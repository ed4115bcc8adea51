import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endWithThisProcess, release } from "../../../internal/devstack/guard.ts";
import type { ReceivedRequest } from "../../../internal/receiver/received-request.ts";
import { until } from "../../harness/wait.ts";

const program = fileURLToPath(new URL("../../../cmd/receiver.ts", import.meta.url));

export interface ReceiverProgram {
  /** `http://localhost:<port>` */
  url: string;
  /** Everything it printed, both outputs. */
  lines: string[];
  requests(): Promise<ReceivedRequest[]>;
  /** Resolves with the exit code. */
  stop(): Promise<number | null>;
  ended: Promise<number | null>;
}

/** `npm run receiver` on a free port; `url` is empty until it listens. */
export function launchReceiver(env: Record<string, string>, ...args: string[]): ReceiverProgram {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, RECEIVER_PORT: "0", NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid = 0 } = child;
  endWithThisProcess(pid, "SIGTERM");
  const lines: string[] = [];
  const running: ReceiverProgram = {
    url: "",
    lines,
    requests: async () => (await fetch(`${running.url}/requests`)).json() as Promise<ReceivedRequest[]>,
    stop() {
      child.kill("SIGTERM");
      return running.ended;
    },
    ended: new Promise((resolve) => {
      child.once("close", (code) => {
        release(pid);
        resolve(code);
      });
    }),
  };
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      lines.push(line);
      running.url ||= /^listening on (\S+);/.exec(line)?.[1] ?? "";
    });
  }
  return running;
}

/** And waits until it listens. */
export async function runReceiver(env: Record<string, string>, ...args: string[]): Promise<ReceiverProgram> {
  const running = launchReceiver(env, ...args);
  await until(() => running.url, { what: `the receiver to listen:\n${running.lines.join("\n")}` });
  return running;
}
