import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, it } from "@jest/globals";
import { type KubeObject, sharedCluster, startCluster } from "../harness/cluster.ts";
import { describeCluster } from "../harness/describe-cluster.ts";
import { until } from "../harness/wait.ts";

const configMap = (name: string, namespace: string, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, ...more },
});

describeCluster("the shared cluster", () => {
  it("ends a namespace with all that is in it", async () => {
    const cluster = sharedCluster();
    const namespace = await cluster.namespace({ team: "orders" });
    await cluster.apply(configMap("settings", namespace));
    await cluster.ask("delete", "namespace", namespace, "--wait=false");
    const gone = async () => (await cluster.get("namespace", namespace)) === undefined;
    await until(gone, { what: "the namespace to be gone" });
  });

  it("collects what an owner that is gone has left", async () => {
    const cluster = sharedCluster();
    const namespace = await cluster.namespace();
    await cluster.apply(configMap("owner", namespace));
    const owner = await cluster.get("configmap", "owner", "-n", namespace);
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner?.metadata.uid }];
    await cluster.apply(configMap("owned", namespace, { ownerReferences }));
    await cluster.ask("delete", "configmap", "owner", "-n", namespace);
    const gone = async () => (await cluster.get("configmap", "owned", "-n", namespace)) === undefined;
    await until(gone, { what: "the owned object to be gone" });
  });

  it("lets a service account do what its roles say and no more", async () => {
    const cluster = sharedCluster();
    const namespace = await cluster.namespace();
    await cluster.ask("create", "serviceaccount", "reader", "-n", namespace);
    await cluster.ask("create", "role", "reader", "--verb=list", "--resource=configmaps", "-n", namespace);
    const subject = `--serviceaccount=${namespace}:reader`;
    await cluster.ask("create", "rolebinding", "reader", "--role=reader", subject, "-n", namespace);
    const reader = await cluster.actAs(namespace, "reader");
    const list = (what: string) => cluster.kubectl(["get", what, "-n", namespace], undefined, reader);
    await until(async () => (await list("configmaps")).code === 0, { what: "the role to count" });
    expect(await list("secrets")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        `User "system:serviceaccount:${namespace}:reader" cannot list resource "secrets"`,
      ),
    });
  });
});

describeCluster("a cluster of one's own", () => {
  it("keeps what it was given over a restart, answers nothing while it is paused, and forgets on demand", async () => {
    await using cluster = await startCluster({ flags: ["--watch-cache=false"] });
    const { apiServer, etcd } = cluster.controlPlane;
    await cluster.apply(configMap("kept", "default"));
    const kept = await cluster.get("configmap", "kept");
    await apiServer.kill();
    expect(await cluster.kubectl(["get", "configmap", "kept"])).toMatchObject({ code: 1 });
    await apiServer.start();
    await cluster.ask("get", "configmap", "kept");

    apiServer.pause();
    const asked = await cluster.kubectl(["get", "configmap", "kept", "--request-timeout=1s"]);
    apiServer.resume();
    expect(asked.code).toBe(1);
    await cluster.ask("get", "configmap", "kept");

    await cluster.apply(configMap("later", "default"));
    await etcd.compact();
    const watch = "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&resourceVersion=";
    expect(await cluster.ask("get", "--raw", watch + kept?.metadata.resourceVersion)).toContain('"code":410');
  });

  it("ends with the process that started it, even when that is killed", async () => {
    const harness = new URL("../harness/cluster.ts", import.meta.url).href;
    const starter = `
      const { startCluster } = await import(${JSON.stringify(harness)});
      const { etcd, apiServer, controllers } = (await startCluster()).controlPlane;
      console.log(JSON.stringify([etcd, apiServer, controllers].map(({ pid }) => pid)));
      setInterval(() => {}, 1000);
    `;
    const stdio = ["ignore", "pipe", "inherit"] as const;
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", starter], { stdio: [...stdio] });
    const lines = createInterface({ input: parent.stdout as NodeJS.ReadableStream });
    const pids = JSON.parse((await lines[Symbol.asyncIterator]().next()).value as string) as number[];
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    parent.kill("SIGKILL");
    await until(() => !pids.some(isAlive), { what: "the servers to end" });
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
