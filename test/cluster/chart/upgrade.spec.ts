import { beforeAll, expect, it } from "@jest/globals";
import { chartFolder } from "../../harness/chart.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { runHelm } from "../../harness/helm.ts";
import { releases } from "./releases.ts";

let cluster: Cluster;

/** The release's Secrets by their names. */
async function secretsIn(namespace: string): Promise<Record<string, Record<string, string>>> {
  const list = await cluster.get("secret", "-n", namespace, "-l", "app.kubernetes.io/managed-by=Helm");
  const { items } = (list ?? { items: [] }) as {
    items: { metadata: { name: string }; data: Record<string, string> }[];
  };
  return Object.fromEntries(items.map(({ metadata, data }) => [metadata.name, data]));
}

async function helm(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHelm(args, { kubeconfig: cluster.kubeconfig });
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** Nothing of the cluster's, which several releases would share, and no Job that nobody here would run. */
const shared = ["--set", "crds.enabled=false,admission.enabled=false,userRoles.enabled=false,migrations.enabled=false"];

describeCluster("a release", () => {
  beforeAll(() => {
    cluster = sharedCluster();
  });

  it("keeps the keys that it made, over upgrades and a new install, and takes what is no loss with it", async () => {
    const namespace = await cluster.namespace();
    const values = ["--namespace", namespace, "--set", "region=us,trial.enabled=true", ...shared];
    await helm("install", "sealpost", chartFolder, ...values);
    const made = await secretsIn(namespace);
    expect(Object.keys(made).toSorted()).toEqual([
      "sealpost-admin",
      "sealpost-encryption",
      "sealpost-pepper",
      "sealpost-postgres",
    ]);
    const digits = (text = "") => Buffer.from(text, "base64").toString();
    expect(digits(made["sealpost-encryption"]?.["keys"])).toMatch(/^[0-9a-f]{64}$/);
    expect(digits(made["sealpost-pepper"]?.["pepper"])).toMatch(/^[0-9a-f]{64}$/);
    expect(digits(made["sealpost-pepper"]?.["pepper"])).not.toBe(digits(made["sealpost-encryption"]?.["keys"]));

    await helm("upgrade", "sealpost", chartFolder, ...values, "--set", "delivery.replicas=3");
    expect(await secretsIn(namespace)).toEqual(made);

    await helm("uninstall", "sealpost", "--namespace", namespace);
    const { "sealpost-encryption": encryption, "sealpost-pepper": pepper, ...others } = made;
    expect(await secretsIn(namespace)).toEqual({ "sealpost-encryption": encryption, "sealpost-pepper": pepper });
    await helm("install", "sealpost", chartFolder, ...values);
    const again = await secretsIn(namespace);
    expect(again).toMatchObject({ "sealpost-encryption": encryption, "sealpost-pepper": pepper });
    expect(again["sealpost-admin"]).not.toEqual(others["sealpost-admin"]);
  });

  it("makes no Secret in production, and changes no pod when nothing has changed", async () => {
    const namespace = await cluster.namespace();
    const values = ["--namespace", namespace, "--values", "-", ...shared];
    const production = JSON.stringify(releases["production"]);
    const run = (what: string) =>
      runHelm([what, "sealpost", chartFolder, ...values], { kubeconfig: cluster.kubeconfig, stdin: production });
    expect(await run("install")).toMatchObject({ code: 0 });
    const generations = () =>
      cluster.ask("get", "deploy", "-n", namespace, "-o", "jsonpath={.items[*].metadata.generation}");
    const before = await generations();
    expect(await run("upgrade")).toMatchObject({ code: 0 });
    expect(await generations()).toBe(before);
    expect(await secretsIn(namespace)).toEqual({});
  });
});
