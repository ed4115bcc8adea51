import { execFile } from "node:child_process";

/** Runs a program of the machine to its end; answers what it printed. @throws Error with its last line of complaint. */
export function runTool(
  tool: string,
  args: string[],
  options: { timeoutMs: number; cwd?: string; env?: Record<string, string> },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const settings = {
      timeout: options.timeoutMs,
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    };
    execFile(tool, args, settings, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      if (error.code === "ENOENT") return reject(new Error(`${tool} is not installed`));
      const why = error.killed ? `no end after ${options.timeoutMs / 1000} s` : stderr.trim().split("\n").at(-1);
      reject(new Error(`${tool}: ${why || error.message}`));
    });
  });
}
