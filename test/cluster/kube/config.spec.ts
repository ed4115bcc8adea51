import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { KubeClient } from "../../../internal/kube/client.ts";
import { loadKubeConfig } from "../../../internal/kube/kube-config.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { temporaryFolder } from "../../harness/temporary.ts";
import { until } from "../../harness/wait.ts";
import { whoAmI } from "./fixture.ts";

describeCluster("the configuration in a pod", () => {
  const kept = { ...process.env };
  let cluster: Cluster;
  let namespace: string;
  let root: string;
  const file = (name: string) => path.join(root, "var/run/secrets/kubernetes.io/serviceaccount", name);
  beforeEach(async () => {
    cluster = sharedCluster();
    namespace = await cluster.namespace();
    root = temporaryFolder("pod");
    const { hostname, port } = new URL(cluster.url);
    Object.assign(process.env, { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port });
    mkdirSync(file(""), { recursive: true });
    writeFileSync(file("ca.crt"), cluster.authority);
    writeFileSync(file("namespace"), namespace);
    writeFileSync(file("token"), await tokenOf("first"));
  });
  afterEach(() => {
    for (const name of ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBECONFIG", "HOME"]) {
      if (kept[name] === undefined) delete process.env[name];
      else process.env[name] = kept[name];
    }
  });

  /** A token as kubelet mounts it, for a service account made here. */
  async function tokenOf(account: string): Promise<string> {
    await cluster.ask("create", "serviceaccount", account, "-n", namespace);
    return cluster.ask("create", "token", account, "-n", namespace);
  }

  const newClient = () =>
    new KubeClient({ config: loadKubeConfig({ root, freshMs: 200 }), userAgent: "test", attempts: 1 });

  /** Who the API server takes us for: a service account of the namespace, or somebody else. */
  const who = async (client: KubeClient) => (await whoAmI(client)).replace(`system:serviceaccount:${namespace}:`, "");

  it("is its service account, in its namespace", async () => {
    expect(loadKubeConfig({ root }).namespace).toBe(namespace);
    expect(await who(newClient())).toBe("first");
  });

  it("follows a token that is renewed", async () => {
    const client = newClient();
    expect(await who(client)).toBe("first");
    writeFileSync(file("token"), await tokenOf("second"));
    await until(async () => (await who(client)) === "second", { what: "the new token to be used" });
  });

  it("reads a token again at once when the API server refuses it", async () => {
    const good = readFileSync(file("token"));
    const client = newClient();
    await who(client);
    writeFileSync(file("token"), "no token");
    await until(
      () =>
        who(client).then(
          () => false,
          ({ status }) => status === 401,
        ),
      { what: "the bad token to be used" },
    );
    writeFileSync(file("token"), good);
    expect(await who(client)).toBe("first");
  });

  it("makes new connections when the authority is another one", async () => {
    const client = newClient();
    await who(client);
    writeFileSync(file("ca.crt"), readFileSync(new URL("../../integration/egress/certs/ca.pem", import.meta.url)));
    const refused = () =>
      who(client).then(
        () => undefined,
        (error: Error) => error.message,
      );
    expect(await until(refused, { what: "the other authority to count" })).toMatch(/certificate/);
    writeFileSync(file("ca.crt"), cluster.authority);
    await until(async () => (await refused()) === undefined, { what: "the right authority to count" });
  });

  it("says what is missing", () => {
    root = temporaryFolder("pod");
    expect(() => loadKubeConfig({ root })).toThrow("let the pod mount its service account's token");
    delete process.env.KUBERNETES_SERVICE_HOST;
    expect(() => loadKubeConfig({ file: "/absent/kubeconfig" })).toThrow("cannot be read: ENOENT");
    expect(() => loadKubeConfig({ file: cluster.kubeconfig, context: "other" })).toThrow(
      'has no context "other" (it has: sealpost): set KUBECONFIG',
    );
    process.env.KUBECONFIG = cluster.kubeconfig;
    expect(loadKubeConfig().base.origin).toBe(cluster.url);
  });
});
