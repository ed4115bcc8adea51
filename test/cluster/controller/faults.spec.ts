import { afterAll, afterEach, beforeAll, expect, it } from "@jest/globals";
import type { Child } from "../../harness/child.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { installResources } from "../../harness/install.ts";
import { conditionOf, Operator } from "../../harness/operator.ts";
import { until } from "../../harness/wait.ts";
import { managedIn } from "./managed.ts";

let operator: Operator;

describeCluster("the controller", () => {
  beforeAll(async () => {
    // From etcd, watches are served as by an API server that has just started or has too much to remember.
    operator = await Operator.start({
      env: { CONTROLLER_RESYNC: "3s", CONTROLLER_LEASE_DURATION: "8s" },
      flags: ["--watch-cache=false"],
      proxied: true,
    });
  });
  afterEach(() => {
    if (operator?.proxy) operator.proxy.fault = () => undefined;
  });
  afterAll(() => operator?.[Symbol.asyncDispose]());

  it("finds the endpoint that it made before it could note it", async () => {
    const [controller] = operator.controllers;
    const namespace = await operator.namespace();
    await operator.pause(controller);
    const made: string[] = [];
    for (const name of ["half", "gone"]) {
      await operator.apply(namespace, name, {}, { finalizers: ["sealpost.dev/endpoint"] });
      const uid = (await operator.get(namespace, name))?.metadata.uid ?? "";
      const managedBy = { cluster: "here", namespace, name, uid };
      made.push((await operator.road.endpoint({ url: `${operator.road.receiver.url}/${name}`, managedBy })).id);
    }
    // And one that was deleted before the id was noted.
    await operator.cluster.ask("delete", "whe", "gone", "-n", namespace, "--wait=false");
    operator.resume(controller);
    expect((await operator.wait(namespace, "half")).status?.endpointID).toBe(made[0]);
    await gone(namespace, "gone");
    expect((await managedIn(operator, namespace)).map(({ id }) => id)).toEqual([made[0]]);
  });

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
    await operator.cluster.ask("wait", "--for=condition=Ready", "whe/fresh", "-n", namespace, "--timeout=150s");
    await gone(namespace, "doomed");
    await operator.condition(namespace, "steady", "Synced", "Synced", 90_000);
  });

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
    await until(other, { what: "another secret" });
    const handed = async () =>
      (await operator.get(namespace, "lost"))?.status?.signing?.activeKeyID !== before?.activeKeyID;
    await until(handed, { what: "it to be handed over" });
    await operator.told(namespace, "lost", "SigningSecretRemade");
  });

  it("says which right it lacks to read a Secret, and goes on when it has it", async () => {
    const namespace = await operator.namespace();
    await withoutVerb("secrets", "get", async () => {
      await operator.apply(namespace, "blind");
      const { status, message } = await operator.condition(namespace, "blind", "ResolvedRefs", "SecretForbidden");
      expect(status).toBe("False");
      expect(message).toMatch(
        new RegExp(`lacks the verb get on secrets in namespace ${namespace}; grant it as .* in deploy/rbac`),
      );
      expect(message).toContain("system:serviceaccount:sealpost-system:sealpost-controller");
      expect(conditionOf(await operator.get(namespace, "blind"), "Ready")).toMatchObject({ reason: "SecretForbidden" });
      await operator.told(namespace, "blind", "SecretForbidden: ");
    });
    await operator.condition(namespace, "blind", "Ready", "Ready");
  });

  it.each(["webhookendpoints", "webhookendpoints/status"])(
    "says on the resource that it lacks the right to write %s, and goes on when it has it",
    async (what) => {
      const namespace = await operator.namespace();
      await withoutVerb(what, "patch", async () => {
        await operator.apply(namespace, "mute");
        await operator.told(
          namespace,
          "mute",
          `WriteForbidden: the controller's role lacks the verb patch on ${what}: grant it`,
        );
      });
      await operator.condition(namespace, "mute", "Ready", "Ready");
      expect(await managedIn(operator, namespace)).toHaveLength(1);
    },
  );

  it("goes on after the API server was away", async () => {
    const { apiServer } = operator.cluster.controlPlane;
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
    await until(applied, { what: "the API server to take it" });
    await operator.wait(namespace, "after");
  });

  it("misses nothing of what etcd has forgotten while its watch was broken", async () => {
    const { controlPlane } = operator.cluster;
    const { proxy, controllers } = operator;
    const [controller] = controllers;
    if (!proxy) throw new Error("there is no proxy");
    const namespace = await operator.namespace();
    for (const name of ["changes", "goes"]) await operator.apply(namespace, name);
    for (const name of ["changes", "goes"]) await operator.wait(namespace, name);
    const { pid } = controller ?? {};
    const listedAgain = await listsAgain(controller);

    // Its Lease goes on, so that it is the same process that comes back.
    proxy.fault = (_method, path) => (path.includes("watch=") ? "reset" : undefined);
    proxy.cut();
    await operator.apply(namespace, "changes", { description: "edited" });
    await operator.apply(namespace, "comes");
    await operator.cluster.ask("delete", "whe", "goes", "-n", namespace, "--wait=false");
    await controlPlane.etcd.compact();
    expect(proxy.requests.some((request) => request.includes("watch="))).toBe(true);
    proxy.fault = () => undefined;

    await operator.wait(namespace, "comes");
    await gone(namespace, "goes");
    await operator.condition(namespace, "changes", "Ready", "Ready");
    const lines = (await managedIn(operator, namespace)).map(
      ({ managedBy, description = "" }) => `${managedBy?.name} ${description}`,
    );
    expect(lines.toSorted()).toEqual(["changes edited", "comes "]);
    expect(await listsAgain(controller)).toBeGreaterThan(listedAgain);
    expect(controller?.pid).toBe(pid);
  });

  it("waits as long as a busy API server asks, and comes to its end", async () => {
    const { proxy } = operator;
    if (!proxy) throw new Error("there is no proxy");
    const namespace = await operator.namespace();
    const asked = new Map<string, number[]>();
    proxy.fault = (method, path) => {
      // As the real one, which keeps room for those who lead.
      if (path.includes("/leases/") || path.includes("watch=") || !path.includes(namespace)) return undefined;
      const times = asked.get(`${method} ${path}`) ?? [];
      asked.set(`${method} ${path}`, [...times, performance.now()]);
      return times.length < 2 ? { status: 429, headers: { "retry-after": "1" }, body: "busy" } : undefined;
    };
    await operator.apply(namespace, "busy");
    await operator.wait(namespace, "busy");
    const ofOne = [...asked].filter(([request]) => request.includes("/busy"));
    expect(ofOne.map(([request]) => request.replace(/ .*\//, " ").replace(/\?.*/, "")).toSorted()).toEqual([
      "PATCH busy",
      "PATCH status",
    ]);
    // Timers may be a little early by another clock.
    for (const [request, [first = 0, second = 0, third = 0]] of ofOne) {
      expect([request, Math.min(second - first, third - second)]).toEqual([request, expect.any(Number)]);
      expect(Math.min(second - first, third - second)).toBeGreaterThan(990);
    }
    expect(await managedIn(operator, namespace)).toHaveLength(1);
  });
});

/** Works while the controller's role lacks a verb on a resource. */
async function withoutVerb(resource: string, verb: string, work: () => Promise<void>): Promise<void> {
  type Role = { rules: { resources: string[]; verbs: string[] }[] };
  const role = await operator.cluster.get<Role>("clusterrole", "sealpost-controller");
  const left = ({ resources, verbs }: Role["rules"][number]) =>
    resources.includes(resource) ? verbs.filter((each) => each !== verb) : verbs;
  // A rule without verbs is none.
  const rules = role?.rules.map((rule) => ({ ...rule, verbs: left(rule) })).filter(({ verbs }) => verbs.length > 0);
  const patch = JSON.stringify({ rules });
  await operator.cluster.ask("patch", "clusterrole", "sealpost-controller", "--type=merge", `--patch=${patch}`);
  const as = "system:serviceaccount:sealpost-system:sealpost-controller";
  const [kind = "", part] = resource.split("/");
  const about = [verb, kind, "-A", "--as", as, ...(part === undefined ? [] : [`--subresource=${part}`])];
  const refused = async () => (await operator.cluster.kubectl(["auth", "can-i", ...about])).stdout.trim() === "no";
  try {
    // What a role says counts a moment later.
    await until(refused, { what: `the right to ${verb} ${resource} to be gone` });
    await work();
  } finally {
    await installResources(operator.cluster);
  }
}

async function gone(namespace: string, name: string): Promise<void> {
  const look = async () => (await operator.get(namespace, name)) === undefined;
  await until(look, { timeoutMs: 90_000, what: `${name} to go` });
}

/** How often the controller had to list resources anew, because the API server had forgotten where its watch was. */
async function listsAgain(child: Child | undefined): Promise<number> {
  const text = await (await fetch(`${child?.metrics}/metrics`)).text();
  const line = /^sealpost_kube_watches_ended_total\{resource="webhookendpoints",why="gone"\} (\d+)$/m.exec(text);
  return Number(line?.[1] ?? 0);
}
