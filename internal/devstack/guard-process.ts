import { createInterface } from "node:readline";

/**
 * Run as a process of its own by guard.ts. Reads `+<pid> <signal>` and `-<pid>` lines; when its input closes, the
 * process that started the listed ones is gone, whatever the way (also SIGKILL), and they are ended too.
 */
const graceMs = 10_000;
const guarded = new Map<number, NodeJS.Signals>();

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

// A Ctrl-C in the terminal is for the process that guards these, which still has to drain them.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const [pid = "", name = "SIGTERM"] = line.slice(1).split(" ");
  if (line.startsWith("+")) guarded.set(Number(pid), name as NodeJS.Signals);
  else guarded.delete(Number(pid));
}

for (const [pid, name] of guarded) signal(pid, name);
const deadline = Date.now() + graceMs;
while (Date.now() < deadline && [...guarded.keys()].some(isAlive)) await new Promise((wake) => setTimeout(wake, 50));
for (const pid of guarded.keys()) signal(pid, "SIGKILL");
