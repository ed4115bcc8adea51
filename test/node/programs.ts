import path from "node:path";
import { findKubeProgram, findKubePrograms } from "../../internal/devstack/kube-finder.ts";
import { type KubeProgram, kubernetes } from "../../internal/devstack/kube-module.ts";
import { findHelm } from "../harness/helm-finder.ts";

function ofKubernetes(name: string, takes: string): KubeProgram {
  return { name, module: kubernetes, main: `${kubernetes}/cmd/${name}`, takes };
}

/** What a node has beside the control plane. `takes`: when the control plane was built before. */
const nodePrograms: readonly KubeProgram[] = [
  ofKubernetes("kube-scheduler", "10 s"),
  ofKubernetes("kubelet", "half a minute"),
  ofKubernetes("kube-proxy", "20 s"),
  { name: "coredns", module: "github.com/coredns/coredns", main: "./dns", takes: "10 s" },
  { name: "pause", module: kubernetes, main: "./pause", takes: "a second" },
];

export interface NodePrograms {
  /** Folders for the PATH, in which everything is that a node runs. */
  folders: string[];
  /** The first process of every pod. */
  pause: string;
}

/** Finds or builds all programs of a node, as findKubePrograms does. @throws Error that says what to install. */
export async function findNodePrograms(say: (text: string) => void): Promise<NodePrograms> {
  const { version: _version, ...controlPlane } = await findKubePrograms(say);
  const files = [...Object.values(controlPlane), await findHelm(say)];
  let pause = "";
  for (const program of nodePrograms) files.push((pause = await findKubeProgram(program, say)));
  return { folders: [...new Set(files.map((file) => path.dirname(file)))], pause };
}
