import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { whileLocked } from "./file-lock.ts";
import { buildKubeProgram } from "./kube-go.ts";
import { type KubeProgram, kubePrograms, kubernetes, pinnedVersion } from "./kube-module.ts";
import { runTool } from "./run-tool.ts";
import { userCache } from "./user-cache.ts";

/** The first in which all that the resource's rules need is stable (validating admission policies are, since 1.30). */
const oldestSupported = [1, 30] as const;
/** Another process may be building all of them, cold, on a busy machine. */
const patienceMs = 3_600_000;

export interface KubePrograms {
  etcd: string;
  apiServer: string;
  controllerManager: string;
  kubectl: string;
  /** Of the API server, e.g. `1.34.10`. */
  version: string;
}

/**
 * The programs of a Kubernetes control plane: from the folder KUBEBUILDER_ASSETS, then from the user's cache, then
 * built once into the cache with `go`, which takes minutes. (envtest's assets have no kube-controller-manager: that
 * one is built all the same.)
 * @throws Error that says what to install.
 */
export async function findKubePrograms(say: (text: string) => void = () => {}): Promise<KubePrograms> {
  const files: Partial<Record<(typeof kubePrograms)[number]["name"], string>> = {};
  for (const program of kubePrograms) files[program.name] = await findKubeProgram(program, say);
  const { etcd, "kube-apiserver": apiServer, "kube-controller-manager": controllerManager, kubectl } = files;
  const found = { etcd, apiServer, controllerManager, kubectl } as Omit<KubePrograms, "version">;
  return { ...found, version: await versionOf(found.apiServer) };
}

/** One program, in the same way. @throws Error that says what to install. */
export async function findKubeProgram(program: KubeProgram, say: (text: string) => void = () => {}): Promise<string> {
  return given(program.name) ?? (await cached(program, say));
}

/** What every folder of envtest's assets has. */
const always = ["etcd", "kube-apiserver", "kubectl"];

/** From KUBEBUILDER_ASSETS. @throws Error when that folder lacks what every such folder has. */
function given(name: string): string | undefined {
  const folder = process.env.KUBEBUILDER_ASSETS;
  if (!folder) return undefined;
  const file = path.join(folder, name + suffix);
  if (existsSync(file)) return file;
  if (!always.includes(name)) return undefined;
  throw new Error(
    `KUBEBUILDER_ASSETS is ${folder}, which has no ${name}: point it at a folder with etcd, kube-apiserver and kubectl, or unset it`,
  );
}

async function cached(program: KubeProgram, say: (text: string) => void): Promise<string> {
  const version = pinnedVersion(program.module);
  const family = program.module === kubernetes ? "kubernetes" : program.name;
  const folder = path.join(userCache(), family, version);
  const file = path.join(folder, program.name + suffix);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  await whileLocked(`${file}.lock`, patienceMs, async () => {
    if (existsSync(file)) return;
    say(`building ${program.name} ${version} with go, once (${program.takes} when nothing of it was compiled before)`);
    const startedAt = performance.now();
    // Under its own name only when it is whole.
    const unfinished = `${file}.unfinished`;
    try {
      await buildKubeProgram(program, unfinished);
      renameSync(unfinished, file);
    } catch (error) {
      throw absent(program.name, (error as Error).message);
    } finally {
      rmSync(unfinished, { force: true });
    }
    say(`built ${program.name} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  });
  return file;
}

const suffix = process.platform === "win32" ? ".exe" : "";

function absent(name: string, why: string): Error {
  return new Error(
    `no ${name} here, and it could not be built: ${why}\n` +
      "Install Go 1.24 or later (https://go.dev/doc/install), which builds a Kubernetes API server once (npm run kube:tools), " +
      `or set KUBEBUILDER_ASSETS to a folder with ${[...new Set([...kubePrograms.map((each) => each.name), name])].join(", ")}.`,
  );
}

/** Asks the API server who it is. */
async function versionOf(program: string): Promise<string> {
  const wrong = (what: string) =>
    new Error(`${program} ${what}: point KUBEBUILDER_ASSETS at Kubernetes ${oldestSupported.join(".")} or later`);
  const answer = await runTool(program, ["--version"], { timeoutMs: 30_000 }).catch((cause: Error) => {
    throw wrong(`does not run (${cause.message})`);
  });
  const version = /^Kubernetes v(\d+)\.(\d+)\.(\d+)/.exec(answer.trim());
  if (!version) throw wrong("is not kube-apiserver");
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < oldestSupported[0] || (major === oldestSupported[0] && minor < oldestSupported[1]))
    throw wrong(`is ${version[0]}, too old`);
  return version.slice(1).join(".");
}
