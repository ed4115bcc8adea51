import { copyFileSync } from "node:fs";
import path from "node:path";
import { runTool } from "./run-tool.ts";

/** Compiles nats-server into `program` from its official Go module (70 s on 2 cores, tried). */
export async function buildWithGo(program: string, folder: string, version: string): Promise<void> {
  await runTool("go", ["install", `github.com/nats-io/nats-server/v2@v${version}`], {
    timeoutMs: 600_000,
    cwd: folder,
    env: { GOBIN: folder, GOFLAGS: "" },
  });
  const built = path.join(folder, process.platform === "win32" ? "nats-server.exe" : "nats-server");
  if (built !== program) copyFileSync(built, program);
}
