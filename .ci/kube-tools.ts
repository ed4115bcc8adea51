import { findKubePrograms } from "../internal/devstack/kube-finder.ts";
import { findLua } from "../test/harness/argocd.ts";
import { findHelm } from "../test/harness/helm-finder.ts";
import { findNodePrograms } from "../test/node/programs.ts";

// Builds the programs of a Kubernetes control plane, Helm and a Lua into the user's cache, and on Linux those of a node,
// unless they are there.
try {
  const { version, ...programs } = await findKubePrograms(console.log);
  console.log(`Kubernetes ${version}: ${Object.values(programs).join(" ")}`);
  console.log(`Helm: ${await findHelm(console.log)}`);
  console.log(`Lua, as Argo CD has it: ${await findLua(console.log)}`);
  if (process.platform === "linux") console.log(`a node: ${(await findNodePrograms(console.log)).folders.join(" ")}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
