import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Where the Go module is that pins the programs of a Kubernetes; it is no part of what is shipped. */
export const kubeModule = fileURLToPath(new URL("../../test/tools/", import.meta.url));

/** A program of that module. */
export interface KubeProgram<Name extends string = string> {
  name: Name;
  /** The module whose version it has, as go.mod names it. */
  module: string;
  /** The Go package that is its main; below the module's folder when it starts with a dot. */
  main: string;
  /** How long it takes to build, on 2 cores with nothing in Go's build cache. */
  takes: string;
  /** What it learns from the linker besides the version of Kubernetes: `<package>.<variable>=<value>`. */
  stamps?: readonly string[];
}

export const kubernetes = "k8s.io/kubernetes";

/** In the order in which they are built: the first ones carry what the others share. */
export const kubePrograms: readonly KubeProgram<"etcd" | "kube-apiserver" | "kube-controller-manager" | "kubectl">[] = [
  { name: "etcd", module: "go.etcd.io/etcd/server/v3", main: "go.etcd.io/etcd/server/v3", takes: "1 to 3 minutes" },
  {
    name: "kube-apiserver",
    module: kubernetes,
    main: `${kubernetes}/cmd/kube-apiserver`,
    takes: "4 to 8 minutes",
  },
  {
    name: "kube-controller-manager",
    module: kubernetes,
    main: `${kubernetes}/cmd/kube-controller-manager`,
    takes: "1 to 2 minutes",
  },
  { name: "kubectl", module: kubernetes, main: `${kubernetes}/cmd/kubectl`, takes: "half a minute" },
];

/** The version that go.mod pins for a module, e.g. `1.34.10`. @throws Error when this is no source checkout. */
export function pinnedVersion(module: string): string {
  const file = path.join(kubeModule, "go.mod");
  const version = new RegExp(`^\\s*(?:require )?${module.replaceAll(".", "\\.")} v(\\S+)`, "m").exec(
    readFileSync(file, "utf8"),
  )?.[1];
  if (version === undefined) throw new Error(`${file} does not pin ${module}`);
  return version;
}
