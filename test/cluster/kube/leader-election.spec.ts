import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { endWithThisProcess, release } from "../../../internal/devstack/guard.ts";
import { LeaderElection } from "../../../internal/kube/leader-election.ts";
import { type Lease, leases } from "../../../internal/kube/lease.ts";
import { ResourceClient } from "../../../internal/kube/resource-client.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { type KubeProxy, startKubeProxy } from "../../harness/kube-proxy.ts";
import { until } from "../../harness/wait.ts";
import { clientOf, configMapsOf } from "./fixture.ts";

describeCluster("leader election", () => {
  let cluster: Cluster;
  let namespace: string;
  let elections: LeaderElection[];
  let children: ChildProcess[];
  const leading = new Map<string, boolean>();
  beforeEach(async () => {
    cluster = sharedCluster();
    namespace = await cluster.namespace();
    elections = [];
    children = [];
  });
  afterEach(async () => {
    for (const child of children) {
      child.kill("SIGKILL");
      release(child.pid as number);
    }
    await Promise.all(elections.map((election) => election.release()));
  });

  function candidate(identity: string, kubeconfig = cluster.kubeconfig): LeaderElection {
    const election = new LeaderElection({
      client: clientOf(kubeconfig),
      lease: { namespace, name: "test" },
      identity,
      // Short, and long enough for a busy machine.
      durationMs: 5000,
      renewDeadlineMs: 4000,
      retryMs: 200,
      onError: () => {},
      observer: { leading: (_, leads) => leading.set(identity, leads) },
    });
    elections.push(election);
    return election;
  }

  const lease = async () =>
    (await new ResourceClient<Lease>(clientOf(cluster.kubeconfig), leases).get({ namespace, name: "test" }))?.spec;

  function program(identity: string): { child: ChildProcess; output: () => string; ended: Promise<number | null> } {
    const file = fileURLToPath(new URL("leader-program.ts", import.meta.url));
    const child = spawn(process.execPath, [file, namespace, identity], {
      env: { PATH: process.env.PATH, KUBECONFIG: cluster.kubeconfig },
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    endWithThisProcess(child.pid as number, "SIGKILL");
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
    return { child, output: () => text, ended: new Promise((resolve) => child.once("close", resolve)) };
  }

  it("lets exactly one of many lead, and the next one as soon as that one gives it up", async () => {
    const all = Array.from({ length: 5 }, (_, n) => candidate(`pod-${n}`));
    for (const each of all) void each.acquire();
    const first = await until(() => all.find((each) => each.leads), { what: "a leader" });
    expect(all.filter((each) => each.leads)).toEqual([first]);
    const held = await lease();
    expect(held).toMatchObject({
      leaseDurationSeconds: 5,
      leaseTransitions: 0,
      renewTime: expect.stringMatching(/\.\d{6}Z$/),
    });
    expect(leading.get(held?.holderIdentity ?? "")).toBe(true);

    await first.release();
    expect(first.leads).toBe(false);
    const second = await until(() => all.find((each) => each.leads), { what: "another leader" });
    expect(second).not.toBe(first);
    expect(second.term).toBe(1);
    expect((await lease())?.acquireTime).not.toBe(held?.acquireTime);
  });

  it("goes on while the lease is renewed, for longer than it lasts", async () => {
    const only = candidate("pod-1");
    await only.acquire();
    const { renewTime = "" } = (await lease()) ?? {};
    const renewed = async () => Date.parse((await lease())?.renewTime ?? "") > Date.parse(renewTime) + 6000;
    await until(renewed, { what: "six seconds of renewals" });
    expect(only.leads).toBe(true);
    expect(only.notLive()).toBeUndefined();
    expect(await lease()).toMatchObject({ holderIdentity: "pod-1", leaseTransitions: 0 });
  });

  it("is lost by one that cannot reach the API server, before another one has it", async () => {
    await using proxy: KubeProxy = await startKubeProxy(cluster);
    const cutOff = candidate("cut-off", proxy.kubeconfig);
    await cutOff.acquire();
    const other = candidate("other");
    void other.acquire();
    proxy.fault = () => "hang";
    proxy.cut();
    const reason = await cutOff.lost;
    expect(reason).toBe(`the lease ${namespace}/test is lost: it was not renewed for 4 s`);
    expect([cutOff.leads, other.leads]).toEqual([false, false]);
    await until(() => other.leads, { what: "the other to lead" });
    expect(leading.get("cut-off")).toBe(false);
  });

  it("is lost by one whose lease was taken away", async () => {
    const robbed = candidate("robbed");
    await robbed.acquire();
    const spec = JSON.stringify({ spec: { holderIdentity: "robber" } });
    await cluster.ask("patch", "lease", "test", "-n", namespace, "--type=merge", "-p", spec);
    expect(await robbed.lost).toBe(`the lease ${namespace}/test is lost: robber has it`);
  });

  it("is made again by its leader when somebody deletes it", async () => {
    const leader = candidate("leader");
    await leader.acquire();
    await cluster.ask("delete", "lease", "test", "-n", namespace);
    await until(async () => (await lease())?.holderIdentity === "leader", { what: "the lease to be there again" });
    expect(leader.leads).toBe(true);
  });

  it("leaves a leader that was stopped for longer than its lease without power: it writes nothing and ends", async () => {
    const maps = configMapsOf(cluster.kubeconfig);
    const writer = async () => (await maps.get({ namespace, name: "written-by" }))?.data?.["leader"];
    const { child, output, ended } = program("stopped");
    await until(async () => (await writer()) === "stopped", { what: "the first leader's writes" });
    child.kill("SIGSTOP");
    const next = candidate("next");
    await next.acquire();
    await maps.apply({ metadata: { namespace, name: "written-by" }, data: { leader: "next" } }, "leader");
    child.kill("SIGCONT");
    expect(await ended).toBe(1);
    expect(output()).toMatch(/is lost: it was not renewed for 4 s\n$/);
    expect(await writer()).toBe("next");
  });

  it("is given up on SIGTERM: nobody waits for the lease to end", async () => {
    const { child, output, ended } = program("first");
    await until(() => output().includes("leads"), { what: "the first leader" });
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(await lease()).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  });
});
