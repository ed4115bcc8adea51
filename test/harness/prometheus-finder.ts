import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { whileLocked } from "../../internal/devstack/file-lock.ts";
import { runTool } from "../../internal/devstack/run-tool.ts";
import { userCache } from "../../internal/devstack/user-cache.ts";

export interface PrometheusPrograms {
  prometheus: string;
  promtool: string;
}

const programs = ["prometheus", "promtool"] as const;

/**
 * Prometheus and its promtool: from the folder PROMETHEUS, then from one folder of the PATH, then from the user's cache,
 * into which Debian's package is fetched once; nothing is installed, so no service starts. (A build with go takes most of
 * an hour on 2 cores: every cloud's discovery is part of it.)
 * @throws Error that says what to install.
 */
export async function findPrometheus(): Promise<PrometheusPrograms> {
  const named = process.env.PROMETHEUS;
  if (named) {
    const missing = programs.filter((program) => !existsSync(path.join(named, program)));
    if (missing.length === 0) return inFolder(named);
    throw new Error(`PROMETHEUS is ${named}, which has no ${missing.join(" and no ")}: point it at a folder with both`);
  }
  const onPath = (process.env.PATH ?? "").split(path.delimiter).find((folder) => folder !== "" && hasBoth(folder));
  if (onPath !== undefined) return inFolder(onPath);
  const cache = path.join(userCache(), "prometheus-debian");
  if (!hasBoth(cache)) {
    await whileLocked(`${cache}.lock`, 300_000, async () => {
      if (!hasBoth(cache)) await fetchInto(cache);
    });
  }
  return inFolder(cache);
}

function hasBoth(folder: string): boolean {
  return programs.every((program) => existsSync(path.join(folder, program)));
}

function inFolder(folder: string): PrometheusPrograms {
  return { prometheus: path.join(folder, "prometheus"), promtool: path.join(folder, "promtool") };
}

async function fetchInto(cache: string): Promise<void> {
  const folder = mkdtempSync(path.join(userCache(), "fetch-"));
  try {
    await download(folder);
    const file = readdirSync(folder).find((name) => name.endsWith(".deb"));
    if (!file) throw new Error("apt-get downloaded nothing");
    await runTool("dpkg-deb", ["-x", path.join(folder, file), path.join(folder, "package")], { timeoutMs: 60_000 });
    const whole = path.join(folder, "whole");
    mkdirSync(whole);
    for (const program of programs) {
      copyFileSync(path.join(folder, "package", "usr", "bin", program), path.join(whole, program));
    }
    rmSync(cache, { recursive: true, force: true });
    renameSync(whole, cache);
  } catch (error) {
    throw new Error(
      `no prometheus and promtool here, and Debian's package could not be fetched: ${(error as Error).message}\n` +
        "Install Prometheus 2.40 or later (https://prometheus.io/download) so that both are on PATH, or set PROMETHEUS " +
        "to the folder that holds them.",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function download(folder: string): Promise<void> {
  const once = () => runTool("apt-get", ["download", "prometheus"], { timeoutMs: 120_000, cwd: folder });
  try {
    await once();
  } catch (error) {
    // A fresh container has no package lists, and only root can fetch them.
    if (process.getuid?.() !== 0 || /not installed/.test((error as Error).message)) throw error;
    await runTool("apt-get", ["update"], { timeoutMs: 120_000 });
    await once();
  }
}
