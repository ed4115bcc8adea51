import { beforeAll, expect, it } from "@jest/globals";
import { renderChart } from "../../harness/chart.ts";
import { type Cluster, type KubeObject, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { releases } from "./releases.ts";
import { serveThirdParties } from "./third-party.ts";

let cluster: Cluster;
let namespace: string;

const restricted = Object.fromEntries(
  ["enforce", "warn", "audit"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
);

/** What the API server says to these objects, warnings included. */
async function tryOut(objects: KubeObject[]): Promise<{ stderr: string; code: number }> {
  const { stderr, code } = await cluster.kubectl(
    ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  );
  return { stderr, code };
}

describeCluster("the API server", () => {
  beforeAll(async () => {
    cluster = sharedCluster();
    namespace = await cluster.namespace(restricted);
    await serveThirdParties(cluster);
  });

  it.each(Object.entries(releases))(
    "takes it without a warning, under Pod Security restricted: %s",
    async (_, values) => {
      const { objects } = await renderChart(values, "sealpost", namespace);
      expect(await tryOut(objects)).toEqual({ stderr: "", code: 0 });
      const long = await renderChart(values, "a-release-whose-name-has-as-many-letters-as-helm-lets", namespace);
      expect(await tryOut(long.objects)).toEqual({ stderr: "", code: 0 });
    },
  );

  it("warns where it should, so that the above can fail", async () => {
    const { objects } = await renderChart(releases["production"] ?? {}, "sealpost", namespace);
    const loose = JSON.parse(JSON.stringify(objects).replaceAll('"runAsNonRoot":true', '"runAsNonRoot":false'));
    expect((await tryOut(loose)).stderr).toContain("Warning: would violate PodSecurity");
  });
});
