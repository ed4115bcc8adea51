import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "@jest/globals";
import { kubernetes, pinnedVersion } from "../../internal/devstack/kube-module.ts";
import { sharedCluster } from "../harness/cluster.ts";
import { describeCluster } from "../harness/describe-cluster.ts";
import { runHelm } from "../harness/helm.ts";
import { temporaryFolder } from "../harness/temporary.ts";

/** A chart of one ConfigMap that says for which Kubernetes it was rendered. */
function chart(): string {
  const folder = temporaryFolder("helm");
  mkdirSync(path.join(folder, "templates"));
  const about = ["apiVersion: v2", "name: told", "version: 1.0.0", "kubeVersion: '>=1.30.0'"];
  writeFileSync(path.join(folder, "Chart.yaml"), about.join("\n"));
  const map = [
    "apiVersion: v1",
    "kind: ConfigMap",
    "metadata: {name: told}",
    "data: {by: '{{ .Capabilities.KubeVersion }}'}",
  ];
  writeFileSync(path.join(folder, "templates", "told.yaml"), map.join("\n"));
  return folder;
}

describeCluster("helm", () => {
  const version = `v${pinnedVersion(kubernetes)}`;

  it("renders without a cluster for the version that the tests run on", async () => {
    const { stdout, stderr } = await runHelm(["template", "told", chart()]);
    expect(stderr).toBe("");
    expect(stdout).toContain(`by: '${version.replace(/\.\d+$/, ".0")}'`);
  });

  it("installs into the shared cluster", async () => {
    const cluster = sharedCluster();
    const namespace = await cluster.namespace();
    const { kubeconfig } = cluster;
    const installed = await runHelm(["install", "told", chart(), "--namespace", namespace], { kubeconfig });
    expect(installed).toMatchObject({ code: 0, stdout: expect.stringContaining("STATUS: deployed") });
    expect(await cluster.get("configmap", "told", "-n", namespace)).toMatchObject({ data: { by: version } });
  });
});
