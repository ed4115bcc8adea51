import { beforeAll, expect, it } from "@jest/globals";
import { chartFolder } from "../../harness/chart.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { runHelm } from "../../harness/helm.ts";
import { until } from "../../harness/wait.ts";
import { production } from "./releases.ts";

let cluster: Cluster;

/** Nobody runs pods here: how a Job ended is written as its controller would. */
async function end(namespace: string, how: "Complete" | "Failed"): Promise<void> {
  const [first, now] = [how === "Complete" ? "SuccessCriteriaMet" : "FailureTarget", new Date().toISOString()];
  const conditions = [first, how].map((type) => ({ type, status: "True", lastTransitionTime: now }));
  const ended = how === "Complete" ? { succeeded: 1, completionTime: now } : { failed: 1 };
  const status = JSON.stringify({ status: { startTime: now, conditions, ...ended } });
  const what = ["job", "sealpost-migrate", "-n", namespace, "--subresource=status", "--type=merge", "-p", status];
  await cluster.ask("patch", ...what);
}

/** Runs helm while the migration is under way: what stands then, and what helm says when it has ended like that. */
async function around(command: "install" | "upgrade", namespace: string, how: "Complete" | "Failed", replicas: number) {
  const off = "crds.enabled=false,admission.enabled=false,userRoles.enabled=false,controller.enabled=false";
  const args = [command, "sealpost", chartFolder, "-n", namespace, "--values", "-", "--set", off];
  const values = JSON.stringify({ ...production, delivery: { replicas } });
  const running = runHelm(args, { kubeconfig: cluster.kubeconfig, stdin: values });
  const job = () => cluster.get<{ status?: { conditions?: object[] } }>("job", "sealpost-migrate", "-n", namespace);
  await until(async () => (await job()) !== undefined && (await job())?.status?.conditions === undefined, {
    what: "the migration to be asked for",
  });
  const meanwhile = await replicasIn(namespace);
  await end(namespace, how);
  const { code, stderr } = await running;
  return { meanwhile, code, stderr, afterwards: await replicasIn(namespace), left: (await job()) !== undefined };
}

/** Of the delivery processes; empty when there are none. */
async function replicasIn(namespace: string): Promise<string> {
  return cluster.ask(
    "get",
    "deploy",
    "-n",
    namespace,
    "-o",
    'jsonpath={.items[?(@.metadata.name=="sealpost-delivery")].spec.replicas}',
  );
}

describeCluster("the migration of an external database", () => {
  beforeAll(() => {
    cluster = sharedCluster();
  });

  it("comes before everything else, and when it fails nothing else happens", async () => {
    const namespace = await cluster.namespace();
    const failed = await around("install", namespace, "Failed", 1);
    expect(failed).toMatchObject({ meanwhile: "", code: 1, afterwards: "", left: true });
    expect(failed.stderr).toContain("pre-install");
    // The one that failed is looked at, and the next try replaces it.
    expect(await around("upgrade", namespace, "Complete", 1)).toMatchObject({
      meanwhile: "",
      code: 0,
      afterwards: "1",
      left: false,
    });
    expect(await around("upgrade", namespace, "Failed", 3)).toMatchObject({ meanwhile: "1", code: 1, afterwards: "1" });
  });
});
