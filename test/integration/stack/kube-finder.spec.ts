import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { findKubePrograms } from "../../../internal/devstack/kube-finder.ts";
import { temporaryFolder } from "../../harness/temporary.ts";

function script(file: string, lines: string[]): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${lines.join("\n")}\n`);
  chmodSync(file, 0o755);
}

/** Programs that say they are of this version, which is all that the finder asks of them. */
function programs(folder: string, names: string[], version = "v1.34.10"): string {
  for (const name of names) script(path.join(folder, name), [`echo "Kubernetes ${version}"`]);
  return folder;
}

const all = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

describe("finding the programs of a Kubernetes control plane", () => {
  const kept = { ...process.env };
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder("kube-finder");
    process.env.XDG_CACHE_HOME = path.join(folder, "cache");
    process.env.PATH = `${path.join(folder, "bin")}:/usr/bin:/bin`;
    delete process.env.KUBEBUILDER_ASSETS;
  });
  afterEach(() => {
    for (const name of ["KUBEBUILDER_ASSETS", "PATH", "XDG_CACHE_HOME"]) {
      if (kept[name] === undefined) delete process.env[name];
      else process.env[name] = kept[name];
    }
  });

  /** A `go` that writes what it is to build into builds.log, and builds what `lines` say. */
  function go(...lines: string[]): { builds(): string[] } {
    const log = path.join(folder, "builds.log");
    const intro = ['while [ $# -gt 1 ]; do shift; [ "$1" = -o ] && out=$2; done', `echo "$1" >> ${log}`];
    script(path.join(folder, "bin", "go"), [...intro, ...lines]);
    return { builds: () => (existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : []) };
  }
  const works = `printf '#!/bin/sh\\necho "Kubernetes v1.34.10"\\n' > $out; chmod +x $out`;

  /** Everything in the cache, whole or not. */
  const cached = () =>
    readdirSync(path.join(folder, "cache"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();

  it("takes the folder KUBEBUILDER_ASSETS before everything else", async () => {
    const assets = programs(path.join(folder, "assets"), all, "v1.33.1");
    process.env.KUBEBUILDER_ASSETS = assets;
    expect(await findKubePrograms()).toEqual({
      etcd: path.join(assets, "etcd"),
      apiServer: path.join(assets, "kube-apiserver"),
      controllerManager: path.join(assets, "kube-controller-manager"),
      kubectl: path.join(assets, "kubectl"),
      version: "1.33.1",
    });
  });

  it("builds the controller manager, which such a folder may lack, and nothing else", async () => {
    const { builds } = go(works);
    process.env.KUBEBUILDER_ASSETS = programs(path.join(folder, "assets"), ["etcd", "kube-apiserver", "kubectl"]);
    await findKubePrograms();
    expect(builds()).toEqual(["k8s.io/kubernetes/cmd/kube-controller-manager"]);
  });

  it("refuses a folder that is none, and programs that are too old or something else", async () => {
    process.env.KUBEBUILDER_ASSETS = path.join(folder, "absent");
    await expect(findKubePrograms()).rejects.toThrow(`${folder}/absent, which has no etcd: point it at`);
    process.env.KUBEBUILDER_ASSETS = programs(path.join(folder, "old"), all, "v1.29.15");
    await expect(findKubePrograms()).rejects.toThrow("is Kubernetes v1.29.15, too old: point KUBEBUILDER_ASSETS at");
    process.env.KUBEBUILDER_ASSETS = programs(path.join(folder, "other"), all, "is a ship's helm");
    await expect(findKubePrograms()).rejects.toThrow("is not kube-apiserver");
  });

  it("builds into the cache once, also when several start at the same time", async () => {
    const { builds } = go("sleep 0.2", works);
    const said: string[] = [];
    const found = await Promise.all([findKubePrograms((text) => said.push(text)), findKubePrograms()]);
    expect(found[0]).toEqual(found[1]);
    expect(builds()).toHaveLength(4);
    expect(said).toContainEqual(expect.stringMatching(/^building kube-apiserver 1\.34\.10 with go, once \(4 to 8 min/));
    await findKubePrograms();
    expect(builds()).toHaveLength(4);
    expect(cached()).toEqual(all);
  });

  it("leaves nothing half built, and builds it again the next time", async () => {
    go('echo half > "$out"', 'echo "no space left on device" >&2', "exit 1");
    await expect(findKubePrograms()).rejects.toThrow(
      "no etcd here, and it could not be built: go ended with 1: no space",
    );
    expect(cached()).toEqual([]);
    go(works);
    await findKubePrograms();
    expect(cached()).toEqual(all);
  });

  it("says what to install when there is neither a program nor go", async () => {
    process.env.PATH = folder;
    const message = await findKubePrograms().catch((error: Error) => error.message);
    for (const part of ["go is not installed", "Install Go 1.24 or later", "npm run kube:tools", "KUBEBUILDER_ASSETS"])
      expect(message).toContain(part);
  });
});
