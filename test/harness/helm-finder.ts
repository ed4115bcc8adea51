import { findKubeProgram } from "../../internal/devstack/kube-finder.ts";
import { kubernetes, pinnedVersion } from "../../internal/devstack/kube-module.ts";

const helm = "helm.sh/helm/v3";

/**
 * Helm: from the folder KUBEBUILDER_ASSETS, then from the user's cache, then built once into the cache with `go`, in
 * seconds where the rest of Kubernetes was built. Never from the PATH: what a chart renders depends on the version.
 * @throws Error that says what to install.
 */
export function findHelm(say?: (text: string) => void): Promise<string> {
  const [major, minor] = pinnedVersion(kubernetes).split(".");
  return findKubeProgram(
    {
      name: "helm",
      module: helm,
      main: `${helm}/cmd/helm`,
      takes: "4 minutes",
      stamps: [
        `${helm}/internal/version.version=v${pinnedVersion(helm)}`,
        // What a chart's kubeVersion is held against where no cluster is asked; unset, that is 1.20.
        ...["pkg/chartutil", "pkg/lint/rules"].flatMap((name) => [
          `${helm}/${name}.k8sVersionMajor=${major}`,
          `${helm}/${name}.k8sVersionMinor=${minor}`,
        ]),
      ],
    },
    say,
  );
}
