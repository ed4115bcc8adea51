import { beforeAll, expect, it } from "@jest/globals";
import { chartFolder } from "../../harness/chart.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { runHelm } from "../../harness/helm.ts";
import { installResources } from "../../harness/install.ts";
import { until } from "../../harness/wait.ts";
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
  beforeAll(async () => {
    cluster = sharedCluster();
    await installResources(cluster);
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
    await helm("uninstall", "sealpost", "--namespace", namespace);
  });

  it("gives the controller and bootstrap the rights they need, and no more", async () => {
    const namespace = await cluster.namespace();
    const own = await cluster.namespace();
    const may = async (who: string, ...what: string[]) => {
      const user = `system:serviceaccount:${namespace}:${who}`;
      return (await cluster.kubectl(["auth", "can-i", ...what, "--as", user])).stdout.trim() === "yes";
    };
    const values = ["--namespace", namespace, "--set", "region=us,trial.enabled=true", ...shared];
    await helm("install", "webhooks", chartFolder, ...values);
    const controller = "webhooks-sealpost-controller";
    const bootstrap = "webhooks-sealpost-bootstrap";
    await until(() => may(controller, "list", "webhookendpoints", "-A"), { what: "the roles to count" });
    const within = ["-n", namespace];
    expect(await may(controller, "update", "leases.coordination.k8s.io/sealpost-controller", ...within)).toBe(true);
    expect(await may(controller, "list", "secrets", "-A")).toBe(false);
    expect(await may(bootstrap, "update", "secrets/webhooks-sealpost-keys", ...within)).toBe(true);
    expect(await may(bootstrap, "update", "secrets/webhooks-sealpost-controller", ...within)).toBe(true);
    expect(await may(bootstrap, "get", "secrets/webhooks-sealpost-encryption", ...within)).toBe(false);
    for (const part of ["api", "delivery"]) {
      expect(await may(`webhooks-sealpost-${part}`, "get", "secrets", ...within)).toBe(false);
    }

    await helm("upgrade", "webhooks", chartFolder, ...values, "--set", `controller.namespaces={${own}}`);
    await until(async () => !(await may(controller, "list", "webhookendpoints", "-A")), { what: "the roles to count" });
    expect(await may(controller, "list", "webhookendpoints", "-n", own)).toBe(true);
    expect(await may(controller, "update", "secrets", "-n", own)).toBe(true);
    expect(await may(controller, "get", "secrets", ...within)).toBe(false);
    expect(await may(controller, "watch", `namespaces/${own}`)).toBe(true);
    expect(await may(controller, "list", "namespaces")).toBe(false);
    await helm("uninstall", "webhooks", "--namespace", namespace);
  });
});
