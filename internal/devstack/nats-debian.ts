import { copyFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { runTool } from "./run-tool.ts";

/** Takes nats-server out of Debian's package; nothing is installed, so no service starts. */
export async function fetchDebianPackage(program: string, folder: string): Promise<void> {
  const download = () => runTool("apt-get", ["download", "nats-server"], { timeoutMs: 120_000, cwd: folder });
  try {
    await download();
  } catch (error) {
    // A fresh container has no package lists, and only root can fetch them.
    if (process.getuid?.() !== 0 || /not installed/.test((error as Error).message)) throw error;
    await runTool("apt-get", ["update"], { timeoutMs: 120_000 });
    await download();
  }
  const file = readdirSync(folder).find((name) => name.endsWith(".deb"));
  if (!file) throw new Error("apt-get downloaded nothing");
  await runTool("dpkg-deb", ["-x", path.join(folder, file), path.join(folder, "package")], { timeoutMs: 60_000 });
  copyFileSync(path.join(folder, "package", "usr", "sbin", "nats-server"), program);
}
