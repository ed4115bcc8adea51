import { beforeAll, expect, it } from "@jest/globals";
import { chartFolder, renderChart } from "../../harness/chart.ts";
import { sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { runHelm } from "../../harness/helm.ts";
import { releases } from "./releases.ts";
import { serveThirdParties } from "./third-party.ts";

const kinds: Record<string, string> = { deploy: "Deployment", svc: "Service" };

/** What `helm install` says, without what the cluster has from elsewhere already. */
async function notesOf(values: object): Promise<string> {
  const args = ["install", "sealpost", chartFolder, "--dry-run=server", "--values", "-"];
  const elsewhere = ["--set", "crds.enabled=false,admission.enabled=false,userRoles.enabled=false"];
  const { kubeconfig } = sharedCluster();
  const { stdout, stderr } = await runHelm([...args, ...elsewhere], { kubeconfig, stdin: JSON.stringify(values) });
  return stdout.split("\nNOTES:\n")[1] ?? stderr;
}

/** One of each kind that the notes tell apart. */
const told = [
  "a trial",
  "production",
  "the api alone",
  "the controller alone",
  "keys in Vault, a certificate from cert-manager, and a first company",
];
const deliveries = "a region's deliveries alone, behind an HPA";

describeCluster("the notes after an install", () => {
  beforeAll(() => serveThirdParties(sharedCluster()));

  it.each([...told, deliveries])("name three steps, and objects that are there: %s", async (name) => {
    const values = releases[name] ?? {};
    const notes = await notesOf(values);
    expect(notes.match(/^ {2}\d\. /gm)).toEqual(["  1. ", "  2. ", "  3. "]);
    const { objects } = await renderChart(values);
    const there = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    for (const [, kind = "", name = ""] of notes.matchAll(/\b(deploy|svc)\/([a-z0-9-]+)/g)) {
      expect(there).toContain(`${kinds[kind]} ${name}`);
    }
    if (notes.includes("component=bootstrap")) expect(there.join()).toContain("Job sealpost-bootstrap-");
    // The last to be ready: it waits for what bootstrap leaves.
    if (notes.includes("component=bootstrap")) expect(notes).toContain("rollout status deploy/sealpost-controller\n");
    if (notes.includes("helm test")) expect(there).toContain("Pod sealpost-test");
    expect(notes.includes("THIS IS A TRIAL, and not for production")).toBe(name === "a trial");
  });
});
