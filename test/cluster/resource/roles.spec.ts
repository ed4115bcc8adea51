import { beforeAll, expect, it } from "@jest/globals";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { installForNamespace, installResources, webhookEndpoint } from "../../harness/install.ts";
import { until } from "../../harness/wait.ts";

const controller = "system:serviceaccount:sealpost-system:sealpost-controller";
const workspace = "wsp_01h00000000000000000000000";
const label = (value: string) => `sealpost.dev/workspace=${value}`;

let cluster: Cluster;
let namespace: string;

async function may(user: string, ...what: string[]): Promise<boolean> {
  return (await cluster.kubectl(["auth", "can-i", ...what, "--as", user])).stdout.trim() === "yes";
}

/** Who was just given something has it a moment later: roles, bindings and what is aggregated of them come one by one. */
const soonMay = (user: string, ...what: string[]) =>
  until(() => may(user, ...what), { what: `${user} to be let ${what.join(" ")}` });

describeCluster("the roles in deploy/rbac", () => {
  beforeAll(async () => {
    cluster = sharedCluster();
    await installResources(cluster);
    namespace = await cluster.namespace();
  });

  it("let the controller do its work, and no more", async () => {
    const allowed = [
      ["list", "webhookendpoints", "-A"],
      ["patch", "webhookendpoints", "-A"],
      ["patch", "webhookendpoints", "--subresource=status", "-A"],
      ["get", "secrets", "-A"],
      ["create", "secrets", "-A"],
      ["update", "secrets", "-A"],
      ["watch", "namespaces"],
      ["create", "events.events.k8s.io", "-A"],
      ["update", "leases.coordination.k8s.io/sealpost-controller", "-n", "sealpost-system"],
    ];
    const refused = [
      ["list", "secrets", "-A"],
      ["watch", "secrets", "-A"],
      ["delete", "secrets", "-A"],
      ["delete", "webhookendpoints", "-A"],
      ["create", "webhookendpoints", "-A"],
      ["update", "namespaces"],
      ["update", "leases.coordination.k8s.io/another", "-n", "sealpost-system"],
      ["update", "leases.coordination.k8s.io/sealpost-controller", "-n", "default"],
      ["get", "configmaps", "-A"],
    ];
    for (const what of allowed) expect(await soonMay(controller, ...what)).toBe(true);
    for (const what of refused) expect([what, await may(controller, ...what)]).toEqual([what, false]);
  });

  it("let it work in some namespaces only, where it is installed so", async () => {
    await installForNamespace(cluster, namespace);
    const user = `system:serviceaccount:${namespace}:sealpost-controller`;
    for (const what of [
      ["get", "secrets"],
      ["update", "secrets"],
      ["create", "events.events.k8s.io"],
    ])
      expect(await soonMay(user, ...what, "-n", namespace)).toBe(true);
    expect(await soonMay(user, "watch", `namespaces/${namespace}`)).toBe(true);
    expect(await soonMay(user, "get", "namespaces/kube-system")).toBe(true);
    for (const what of [
      ["list", "webhookendpoints", "-A"],
      ["get", "secrets", "-n", "default"],
      ["list", "namespaces"],
    ])
      expect([what, await may(user, ...what)]).toEqual([what, false]);
  });

  it("give people with Kubernetes' own roles what they need", async () => {
    for (const role of ["view", "edit", "admin"]) {
      await cluster.ask("create", "rolebinding", role, `--clusterrole=${role}`, `--user=${role}`, "-n", namespace);
    }
    const within = ["-n", namespace];
    await soonMay("edit", "create", "webhookendpoints", ...within);
    for (const role of ["view", "edit", "admin"]) {
      expect(await soonMay(role, "get", "webhookendpoints", ...within)).toBe(true);
      if (role !== "view") expect(await soonMay(role, "delete", "webhookendpoints", ...within)).toBe(true);
      else expect(await may(role, "delete", "webhookendpoints", ...within)).toBe(false);
      expect(await may(role, "patch", "webhookendpoints", "--subresource=status", ...within)).toBe(false);
    }
    const { apiVersion, kind, metadata, spec } = webhookEndpoint(namespace, "orders", {
      url: "https://example.com",
      events: ["*"],
    });
    const applied = await cluster.kubectl(
      ["apply", "--as=edit", "-f", "-"],
      JSON.stringify({ apiVersion, kind, metadata, spec }),
    );
    expect(applied.stdout).toContain("created");
  });
});

describeCluster("the policy about a namespace's workspace", () => {
  beforeAll(async () => {
    cluster = sharedCluster();
    await installResources(cluster);
    namespace = await cluster.namespace();
  });

  const asUser = (user: string, ...args: string[]) =>
    cluster.kubectl(["label", "namespace", namespace, ...args, `--as=${user}`]);

  it("keeps those who may edit namespaces from taking a workspace, or from taking one away", async () => {
    const user = `editor-of-${namespace}`;
    await cluster.ask("create", "clusterrole", user, "--verb=get,patch,update", "--resource=namespaces");
    await cluster.ask("create", "clusterrolebinding", user, `--clusterrole=${user}`, `--user=${user}`);
    await soonMay(user, "patch", "namespaces");
    expect((await asUser(user, "team=books")).code).toBe(0);
    expect((await asUser(user, label(workspace))).stderr).toContain(
      `label sealpost.dev/workspace: ${user} may not bind namespaces to ${workspace}: ask a cluster admin, or for the ClusterRole sealpost-bind-workspaces`,
    );
    await cluster.ask("label", "namespace", namespace, label(workspace));
    expect((await asUser(user, "sealpost.dev/workspace-")).stderr).toContain("may not take a namespace away from");
    expect((await asUser(user, "--overwrite", label(workspace.replace(/0$/, "1")))).stderr).toContain(
      "may not bind namespaces",
    );

    await cluster.ask(
      "create",
      "clusterrolebinding",
      `${user}-binds`,
      "--clusterrole=sealpost-bind-workspaces",
      `--user=${user}`,
    );
    await until(async () => (await asUser(user, "sealpost.dev/workspace-")).code === 0, { what: "the role to count" });
  });

  it("refuses what is no workspace, from everybody", async () => {
    const { stderr } = await cluster.kubectl(["label", "namespace", namespace, label("books")]);
    expect(stderr).toContain("books is not the id of a workspace (wsp_ and 26 characters)");
  });
});
