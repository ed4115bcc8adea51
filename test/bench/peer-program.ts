import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const sources = fileURLToPath(new URL("./native", import.meta.url));
const substitute = fileURLToPath(new URL("./peer-substitute.ts", import.meta.url));

/** The native peer, compiled now; where there is no C compiler, its slower substitute in Node. */
export function peerProgram(): { program: string; args: string[]; note: string } {
  const program = path.join(mkdtempSync(path.join(tmpdir(), "sealpost-bench-")), "peer");
  const files = readdirSync(sources)
    .filter((name) => name.endsWith(".c"))
    .map((name) => path.join(sources, name));
  try {
    execFileSync("cc", ["-O2", "-D_GNU_SOURCE", "-pthread", ...files, "-o", program], { stdio: "pipe" });
    return { program, args: [], note: "" };
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no C compiler (cc)" : "cc failed";
    return {
      program: process.execPath,
      args: [substitute],
      note: `${why}: receiver and load run in Node and take much of the machine, so every figure is too low`,
    };
  }
}
