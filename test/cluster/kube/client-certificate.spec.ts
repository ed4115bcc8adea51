import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "@jest/globals";
import { KubeClient } from "../../../internal/kube/client.ts";
import { loadKubeConfig } from "../../../internal/kube/kube-config.ts";
import { startCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { temporaryFolder } from "../../harness/temporary.ts";
import { until } from "../../harness/wait.ts";
import { whoAmI } from "./fixture.ts";

const cert = (name: string) => fileURLToPath(new URL(`certs/${name}`, import.meta.url));

describeCluster("a kubeconfig with a client certificate", () => {
  it("is its user, and the next one when the files are replaced", async () => {
    await using cluster = await startCluster({ flags: [`--client-ca-file=${cert("ca.pem")}`] });
    const folder = temporaryFolder("client-certificate");
    const put = (name: string) => {
      for (const kind of ["pem", "key"]) copyFileSync(cert(`${name}.${kind}`), path.join(folder, `client.${kind}`));
    };
    put("first");
    const config = JSON.parse(readFileSync(cluster.kubeconfig, "utf8")) as { users: { user: object }[] };
    // Relative to the kubeconfig, as kubectl has it.
    config.users[0] = { ...config.users[0], user: { "client-certificate": "client.pem", "client-key": "client.key" } };
    const file = path.join(folder, "kubeconfig");
    writeFileSync(file, JSON.stringify(config));

    const client = new KubeClient({ config: loadKubeConfig({ file, freshMs: 200 }), userAgent: "test" });
    expect(await whoAmI(client)).toBe("first-user");
    put("second");
    await until(async () => (await whoAmI(client)) === "second-user", { what: "the new certificate to be used" });
  });
});
