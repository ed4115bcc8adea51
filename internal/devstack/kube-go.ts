import { spawn } from "node:child_process";
import { endWithThisProcess, release } from "./guard.ts";
import { type KubeProgram, kubeModule, kubernetes, pinnedVersion } from "./kube-module.ts";

/** Lines of the compiler that an error shows. */
const shownLines = 5;

/**
 * Compiles a program of the pinned Go module into `file`. It ends with this process, and has no time limit: a cold
 * build of kube-apiserver on a busy machine takes what it takes.
 * @throws Error with the last lines of what go says.
 */
export async function buildKubeProgram({ main, stamps }: KubeProgram, file: string): Promise<void> {
  const args = ["build", "-trimpath", "-ldflags", linkerFlags(stamps), "-o", file, main];
  const child = spawn("go", args, {
    cwd: kubeModule,
    // Static programs; without cgo all of them also share what Go has compiled once.
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const { pid } = child;
  if (pid !== undefined) endWithThisProcess(pid, "SIGTERM");
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = (complaint + text).slice(-10_000)));
  const how = await new Promise<string | undefined>((resolve) => {
    child.once("error", ({ message }) => resolve(message.includes("ENOENT") ? "go is not installed" : message));
    child.once("close", (code, signal) => resolve(code === 0 ? undefined : `go ended with ${signal ?? code}`));
  });
  if (pid !== undefined) release(pid);
  if (how === undefined) return;
  const lines = complaint.trim().split("\n").slice(-shownLines).join("\n");
  throw new Error(lines === "" ? how : `${how}: ${lines}`);
}

/** Kubernetes takes its version from the linker; charts and clients judge by it. */
function linkerFlags(stamps: readonly string[] = []): string {
  const version = pinnedVersion(kubernetes);
  const [major, minor] = version.split(".");
  const values = [`gitVersion=v${version}`, `gitMajor=${major}`, `gitMinor=${minor}`, "gitTreeState=clean"];
  const packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
  const all = [...packages.flatMap((name) => values.map((value) => `${name}.${value}`)), ...stamps];
  return ["-s", "-w", ...all.map((stamp) => `-X ${stamp}`)].join(" ");
}
