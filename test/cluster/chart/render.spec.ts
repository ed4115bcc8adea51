import { beforeAll, expect, it } from "@jest/globals";
import { renderChart } from "../../harness/chart.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";

let cluster: Cluster;
let namespace: string;

const restricted = Object.fromEntries(
  ["enforce", "warn", "audit"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
);

/** What an external Postgres and NATS take, and nothing else. */
const production = {
  region: "us",
  postgres: { existingSecret: "postgres" },
  nats: { regions: { us: ["tls://nats.us.example.com:4222"] } },
  encryption: { existingSecret: "encryption" },
  pepper: { existingSecret: "pepper" },
  admin: { existingSecret: "admin" },
  api: { tls: { existingSecret: "tls" } },
  controller: { existingSecret: "controller" },
};

const releases: Record<string, object> = {
  "a trial": { region: "us", trial: { enabled: true } },
  "a trial with volumes": {
    region: "us",
    trial: { enabled: true, persistence: { enabled: true, storageClass: "fast" } },
  },
  production,
};

describeCluster("the chart", () => {
  beforeAll(async () => {
    cluster = sharedCluster();
    namespace = await cluster.namespace(restricted);
  });

  it.each(Object.entries(releases))("is taken by the API server without a warning: %s", async (_, values) => {
    const { objects } = await renderChart(values, "sealpost", namespace);
    const { stderr, code } = await cluster.kubectl(
      ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-n", namespace, "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    );
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  });
});
