import { spawn } from "node:child_process";
import { partProgram } from "./part-process.ts";

/** Runs one of our own programs to its end; answers what it printed. @throws Error with its complaint. */
export function runPartOnce(part: string, args: string[], env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [partProgram(part), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${part} failed: ${complaint.trim() || `exit code ${code}`}`));
    });
  });
}
