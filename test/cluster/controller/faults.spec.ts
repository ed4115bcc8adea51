import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { Child } from "../../harness/child.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { installResources, webhookEndpoint } from "../../harness/install.ts";
import { conditionOf, Operator } from "../../harness/operator.ts";
import { until } from "../../harness/wait.ts";

let operator: Operator;

interface Shown {
  id: string;
  url: string;
  description?: string;
  managedBy?: { namespace: string; name: string; uid: string };
}

/** Every endpoint of the workspace, as the API lists them. */
async function endpoints(): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let token = ""; ; ) {
    const path = `/v1/workspaces/${operator.road.tenant.workspaceId}/webhooks?pageSize=100&pageToken=${token}`;
    const { body } = await operator.road.company.get<{ webhooks?: Shown[]; nextPageToken?: string }>(path);
    all.push(...(body.webhooks ?? []));
    if (!body.nextPageToken) return all;
    token = body.nextPageToken;
  }
}

const of = (namespace: string) => async () =>
  (await endpoints()).filter(({ managedBy }) => managedBy?.namespace === namespace);

describeCluster("the controller", () => {
  beforeAll(async () => {
    operator = await Operator.start({ env: { CONTROLLER_RESYNC: "3s", CONTROLLER_LEASE_DURATION: "6s" } });
  });
  afterAll(() => operator?.[Symbol.asyncDispose]());

  it("loses nothing and doubles nothing while it is killed again and again", async () => {
    const [controller] = operator.controllers;
    const namespace = await operator.namespace();
    const count = 200;
    const url = (i: number) => `${operator.road.receiver.url}/${i}`;
    const write = (which: number[], description: string) =>
      operator.cluster.apply(
        ...which.map((i) => webhookEndpoint(namespace, `e-${i}`, { url: url(i), events: ["*"], description })),
      );
    let killing = true;
    let kills = 0;
    // It is killed when it has led for a while; the next one leads when the lease of the one before has ended.
    const killer = (async () => {
      for (let pauseMs = 1000; killing; pauseMs = 500 + ((pauseMs * 7) % 3000)) {
        await until(async () => !killing || (await leads(controller)), { timeoutMs: 120_000, what: "it to lead" });
        await new Promise((wake) => setTimeout(wake, pauseMs));
        await controller?.kill();
        kills++;
      }
    })();
    const all = Array.from({ length: count }, (_, i) => i);
    const [edited, deleted] = [all.filter((i) => i % 3 === 0), all.filter((i) => i % 5 === 1)];
    try {
      await write(all, "first");
      await until(async () => (await of(namespace)()).length > count / 8, {
        timeoutMs: 180_000,
        what: "some to be made",
      });
      await write(edited, "second");
      await operator.cluster.ask("delete", "whe", "-n", namespace, "--wait=false", ...deleted.map((i) => `e-${i}`));
      await until(() => kills >= 5, { timeoutMs: 180_000, what: "five kills" });
    } finally {
      killing = false;
      await killer;
    }

    const left = all.filter((i) => !deleted.includes(i));
    const wanted = left.map((i) => `e-${i} ${url(i)} ${edited.includes(i) ? "second" : "first"}`).toSorted();
    const made = async () => {
      const found = await of(namespace)();
      const lines = found.map(({ managedBy, url: to, description }) => `${managedBy?.name} ${to} ${description}`);
      return lines.toSorted().join("\n") === wanted.join("\n");
    };
    await until(made, { timeoutMs: 120_000, what: "exactly the endpoints that are wanted" });
    await operator.cluster.ask("wait", "--for=condition=Ready", "whe", "--all", "-n", namespace, "--timeout=50s");
    const { items } = (await operator.cluster.get<never>("whe", "-n", namespace)) as unknown as {
      items: unknown[];
    };
    expect(items).toHaveLength(left.length);
    expect((await of(namespace)()).length).toBe(left.length);
  }, 400_000);

  it("finds the endpoint that it made before it could note it", async () => {
    const [controller] = operator.controllers;
    const namespace = await operator.namespace();
    await operator.pause(controller);
    await operator.apply(namespace, "half", {}, { finalizers: ["sealpost.dev/endpoint"] });
    const { metadata } = (await operator.get(namespace, "half")) ?? { metadata: { uid: "" } };
    const managedBy = { cluster: "here", namespace, name: "half", uid: metadata.uid };
    const made = await operator.road.endpoint({ url: `${operator.road.receiver.url}/half`, managedBy });
    operator.resume(controller);
    expect((await operator.wait(namespace, "half")).status?.endpointID).toBe(made.id);
    expect(await of(namespace)()).toHaveLength(1);
    // And one that was deleted before the id was noted.
    await operator.pause(controller);
    await operator.apply(namespace, "gone", {}, { finalizers: ["sealpost.dev/endpoint"] });
    const gone = (await operator.get(namespace, "gone"))?.metadata.uid ?? "";
    await operator.road.endpoint({ managedBy: { cluster: "here", namespace, name: "gone", uid: gone } });
    await operator.cluster.ask("delete", "whe", "gone", "-n", namespace, "--wait=false");
    operator.resume(controller);
    await until(async () => (await operator.get(namespace, "gone")) === undefined, {
      timeoutMs: 120_000,
      what: "it to go",
    });
    expect(await of(namespace)()).toHaveLength(1);
  }, 240_000);

  it("waits for an API that is away, says so, and goes on when it is back", async () => {
    const [api] = operator.road.system.apis;
    const namespace = await operator.namespace();
    await operator.apply(namespace, "steady");
    await operator.apply(namespace, "doomed");
    await operator.wait(namespace, "steady");
    await operator.wait(namespace, "doomed");
    await api?.kill();
    await operator.apply(namespace, "fresh");
    await operator.cluster.ask("delete", "whe", "doomed", "-n", namespace, "--wait=false");
    expect(await operator.condition(namespace, "fresh", "Ready", "ApiUnavailable")).toMatchObject({ status: "False" });
    expect(conditionOf(await operator.get(namespace, "fresh"), "Reconciling")).toMatchObject({ status: "True" });
    const held = async () => conditionOf(await operator.get(namespace, "doomed"), "Synced");
    await until(async () => (await held())?.reason === "ApiUnavailable", {
      what: "the finalizer to hold and to say so",
    });
    expect((await held())?.message).toMatch(
      /^this resource stays until its endpoint is deleted: the Sealpost API does not answer/,
    );
    expect(await operator.condition(namespace, "steady", "Synced", "ApiUnavailable")).toMatchObject({
      status: "Unknown",
    });
    expect(conditionOf(await operator.get(namespace, "steady"), "Ready")).toMatchObject({ status: "True" });
    await api?.start();
    await operator.cluster.ask("wait", "--for=condition=Ready", "whe/fresh", "-n", namespace, "--timeout=55s");
    await until(async () => (await operator.get(namespace, "doomed")) === undefined, {
      timeoutMs: 90_000,
      what: "it to go",
    });
    await operator.condition(namespace, "steady", "Synced", "Synced", 90_000);
  }, 240_000);

  it("makes another signing Secret when it is deleted, and hands it over", async () => {
    const namespace = await operator.namespace();
    await operator.apply(namespace, "lost");
    const before = (await operator.wait(namespace, "lost")).status?.signing;
    const secret = await operator.secret(namespace, "lost-signing");
    await operator.cluster.ask("delete", "secret", "lost-signing", "-n", namespace);
    const other = async () => {
      const now = await operator.secret(namespace, "lost-signing");
      return now !== undefined && now !== secret;
    };
    await until(other, { timeoutMs: 30_000, what: "another secret" });
    const handed = async () =>
      (await operator.get(namespace, "lost"))?.status?.signing?.activeKeyID !== before?.activeKeyID;
    await until(handed, { what: "it to be handed over" });
    expect((await operator.events(namespace, "lost")).join()).toContain("SigningSecretRemade");
  });

  it("says which right it lacks to read a Secret, and goes on when it has it", async () => {
    const namespace = await operator.namespace();
    const role = await operator.cluster.get<{ rules: { resources: string[]; verbs: string[] }[] }>(
      "clusterrole",
      "sealpost-controller",
    );
    const rules = role?.rules.map((rule) =>
      rule.resources.includes("secrets") ? { ...rule, verbs: ["create", "update"] } : rule,
    );
    const patch = JSON.stringify({ rules });
    await operator.cluster.ask("patch", "clusterrole", "sealpost-controller", "--type=merge", `--patch=${patch}`);
    try {
      await operator.apply(namespace, "blind");
      const { status, message } = await operator.condition(namespace, "blind", "ResolvedRefs", "SecretForbidden");
      expect(status).toBe("False");
      expect(message).toMatch(
        new RegExp(`lacks the verb get on secrets in namespace ${namespace}; grant it as .* in deploy/rbac`),
      );
      expect(message).toContain("system:serviceaccount:sealpost-system:sealpost-controller");
      expect(conditionOf(await operator.get(namespace, "blind"), "Ready")).toMatchObject({ reason: "SecretForbidden" });
      const told = async () => (await operator.events(namespace, "blind")).join().includes("SecretForbidden: ");
      await until(told, { what: "the event about it" });
    } finally {
      await installResources(operator.cluster);
    }
    await operator.condition(namespace, "blind", "Ready", "Ready");
  });

  it("goes on after the API server was away, and after it has forgotten", async () => {
    const { apiServer, etcd } = operator.cluster.controlPlane;
    const namespace = await operator.namespace();
    await operator.apply(namespace, "before");
    await operator.wait(namespace, "before");
    await apiServer.kill();
    await apiServer.start();
    const applied = async () => {
      try {
        await operator.apply(namespace, "after");
        return true;
      } catch {
        return false;
      }
    };
    await until(applied, { timeoutMs: 60_000, what: "the API server to take it" });
    await ready(namespace, "after");
    expect(etcd).toBeDefined();
  }, 240_000);

  it("has one leader at a time, and a leader that was stopped does no harm when it goes on", async () => {
    const [first] = operator.controllers;
    const namespace = await operator.namespace();
    await operator.apply(namespace, "one");
    await ready(namespace, "one");
    const second = await operator.addController();
    const waits = () => second.output().some((line) => line.includes("waiting for the lease"));
    await until(waits, { timeoutMs: 60_000, what: "the second to wait" });
    // Who waits is ready: a Deployment of several is complete.
    await second.ready();
    expect([await leads(first), await leads(second)]).toEqual([true, false]);
    const { pid: stopped = 0 } = first ?? {};
    process.kill(stopped, "SIGSTOP");
    await operator.apply(namespace, "two");
    await until(() => leads(second), { timeoutMs: 60_000, what: "the second to lead" });
    await ready(namespace, "two");
    await operator.apply(namespace, "two", { description: "edited" });
    process.kill(stopped, "SIGCONT");
    await until(() => first?.pid !== stopped, { timeoutMs: 60_000, what: "the first to end" });
    await ready(namespace, "two");
    await operator.condition(namespace, "two", "Ready", "Ready");
    const found = await of(namespace)();
    expect(found.map(({ managedBy, description = "" }) => `${managedBy?.name} ${description}`).toSorted()).toEqual([
      "one ",
      "two edited",
    ]);
  }, 400_000);
});

/** By its metrics; one that is stopped does not answer. */
async function leads(child: Child | undefined): Promise<boolean> {
  const signal = AbortSignal.timeout(2000);
  const answer = await fetch(`${child?.metrics}/metrics`, { signal }).catch(() => undefined);
  return /^leader_election_master_status\{.*\} 1$/m.test((await answer?.text()) ?? "");
}

/** Long enough for a lease to end. */
async function ready(namespace: string, name: string): Promise<void> {
  await operator.cluster.ask("wait", "--for=condition=Ready", `whe/${name}`, "-n", namespace, "--timeout=55s");
}
