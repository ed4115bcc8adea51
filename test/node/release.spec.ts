import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { KubeObject } from "../harness/cluster.ts";
import { until } from "../harness/wait.ts";
import { describeNode } from "./describe-node.ts";
import { load, namespace, nats, receiver, webhookEndpoint } from "./manifests.ts";
import { apply, callApi, get, helm, kubectl, onNode, secret } from "./on-node.ts";

const chart = fileURLToPath(new URL("../../charts/sealpost", import.meta.url));
const values = fileURLToPath(new URL("./values.yaml", import.meta.url));
/** Where the release is, and where its user works. */
const system = "sealpost-system";
const shop = "shop";
const api = `sealpost-api.${system}.svc.cluster.local`;

const inSystem = (...args: string[]) => kubectl("-n", system, ...args);
const rolledOut = (part: string) => inSystem("rollout", "status", `deploy/sealpost-${part}`, "--timeout=180s");

type Pod = KubeObject & {
  metadata: { uid: string };
  status: { phase: string; containerStatuses?: { restartCount: number; ready: boolean }[] };
};
async function pods(part: string, release = "sealpost"): Promise<Pod[]> {
  const selector = `app.kubernetes.io/component=${part},app.kubernetes.io/instance=${release}`;
  return (await get<{ items: Pod[] }>("pods", "-n", system, "-l", selector)).items;
}

/** SIGKILL for the first process of a pod, from outside, as the kernel does when memory is short. */
function killFirstProcess({ metadata: { uid, name } }: Pod): void {
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (!readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(uid)) continue;
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("sealpost.js")) continue;
      process.kill(Number(pid), "SIGKILL");
      return;
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error(`no process of pod ${name} runs`);
}

/** What the publisher was answered OK for. */
async function accepted(ns: string, name: string): Promise<string[]> {
  const lines = (await kubectl("logs", "-n", ns, name)).trim().split("\n");
  return lines.flatMap((line) => (line.startsWith('{"id"') ? [(JSON.parse(line) as { id: string }).id] : []));
}

interface Verified {
  id: string;
  type: string;
}
/** What the receiver got with a genuine signature, once for each request. */
async function received(ns: string, name: string): Promise<Verified[]> {
  const lines = (await kubectl("logs", "-n", ns, `deploy/${name}`)).trim().split("\n");
  const requests = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Received);
  expect(requests.filter(({ verified }) => !verified)).toEqual([]);
  return requests.map(({ body }) => JSON.parse(body) as Verified);
}
interface Received {
  verified: boolean;
  body: string;
}

/** A publisher's run to its end: nothing that was accepted is missing at the receiver. */
async function nothingLost(
  ns: string,
  publisher: string,
  receiverName: string,
): Promise<{ accepted: number; requests: number }> {
  await kubectl("wait", "-n", ns, "--for=jsonpath={.status.phase}=Succeeded", `pod/${publisher}`, "--timeout=60s");
  const ids = await accepted(ns, publisher);
  const missing = async () => {
    const there = new Set((await received(ns, receiverName)).map(({ id }) => id));
    return ids.filter((id) => !there.has(id));
  };
  await until(async () => (await missing()).length === 0, { timeoutMs: 90_000, what: "what was accepted to arrive" });
  const requests = (await received(ns, receiverName)).filter(({ id }) => ids.includes(id)).length;
  return { accepted: ids.length, requests };
}

describeNode("a release on a real node, as a platform engineer has it", () => {
  let companyId: string;
  let workspaceKey: string;
  const publisher = (name: string) =>
    ({ namespace: shop, name, api: `${api}:50051`, key: workspaceKey, eventType: "order.paid" }) as const;
  /** Resolves when the publisher that runs throughout was answered OK for some more. */
  async function goesOn(): Promise<void> {
    const now = (await accepted(shop, "load")).length;
    const grown = async () => (await accepted(shop, "load")).length >= now + 20;
    await until(grown, { timeoutMs: 120_000, what: "events to be accepted" });
  }

  beforeAll(() => apply(namespace(system)));
  afterAll(async () => {
    // What it looked like, should something have failed.
    await onNode("kubectl", ["get", "pods", "-A", "-o", "wide"]).then(({ stdout }) => process.stderr.write(stdout));
  });

  it("is installed by one command, under Pod Security restricted, without a warning", async () => {
    const install = ["install", "sealpost", chart, "-n", system, "-f", values];
    const { stdout, stderr } = await helm(...install, "--wait", "--timeout=200s");
    expect(stderr).toBe("");
    expect(stdout).toContain("STATUS: deployed");
    for (const part of ["api", "delivery", "controller"]) await rolledOut(part);
    companyId = await secret(system, "sealpost-keys", "companyId");
    workspaceKey = await secret(system, "sealpost-keys", "workspaceKey");
  });

  it("passes helm test", async () => {
    const { stdout } = await helm("test", "sealpost", "-n", system, "--timeout=90s");
    expect(stdout).toMatch(/Phase: +Succeeded/);
  });

  it("brings a signed event to a receiver that mounts the Secret of its WebhookEndpoint", async () => {
    const workspace = await secret(system, "sealpost-keys", "workspaceId");
    await apply(namespace(shop, { "sealpost.dev/workspace": workspace }));
    await apply(...receiver(shop, "orders"), webhookEndpoint(shop, "orders", ["order.paid"]));
    await kubectl("wait", "-n", shop, "--for=condition=Ready", "whe/orders", "--timeout=60s");
    await kubectl("rollout", "status", "-n", shop, "deploy/orders", "--timeout=60s");
    expect(await kubectl("get", "whe", "-n", shop)).toMatch(
      /orders +http:\/\/orders\.shop\.svc\.cluster\.local\/hooks +True/,
    );

    await apply(...load({ ...publisher("first"), events: 1 }));
    expect(await nothingLost(shop, "first", "orders")).toEqual({ accepted: 1, requests: 1 });
  });

  it("is scaled to three delivery pods while a publisher goes on", async () => {
    await apply(...load(publisher("load")));
    await kubectl("wait", "-n", shop, "--for=condition=Ready", "pod/load", "--timeout=60s");
    await goesOn();
    await inSystem("scale", "deploy/sealpost-delivery", "--replicas=3");
    await rolledOut("delivery");
    expect(await pods("delivery")).toHaveLength(3);
  });

  it("goes on when a process of each kind is killed", async () => {
    const killed = [];
    for (const part of ["delivery", "api", "controller"]) {
      const [pod] = await pods(part);
      killFirstProcess(pod as Pod);
      killed.push({ part, uid: pod?.metadata.uid });
    }
    await goesOn();
    for (const { part, uid } of killed) {
      const restarted = async () =>
        (await pods(part)).some(({ metadata, status }) => {
          const [container] = status.containerStatuses ?? [];
          return metadata.uid === uid && (container?.restartCount ?? 0) > 0 && container?.ready;
        });
      await until(restarted, { timeoutMs: 120_000, what: `the killed ${part} to run again` });
    }
  });

  it("goes on when its node is drained, which waits for what may not be away at the same time", async () => {
    const selector = "--pod-selector=app.kubernetes.io/component in (api,delivery)";
    // The replacements have no other node to go to.
    const drained = await onNode("kubectl", [
      "drain",
      "sealpost-node",
      selector,
      "--delete-emptydir-data",
      "--timeout=15s",
    ]);
    expect(drained.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget");
    await kubectl("uncordon", "sealpost-node");
    for (const part of ["api", "delivery"]) await rolledOut(part);
    await goesOn();
  });

  it("is upgraded with a new value, and knows the keys that it made", async () => {
    const upgrade = ["upgrade", "sealpost", chart, "-n", system, "-f", values, "--set", "delivery.replicas=3"];
    const { stdout } = await helm(...upgrade, "--set", "config.RETENTION=14d", "--wait", "--timeout=200s");
    expect(stdout).toContain("REVISION: 2");
    const env = "jsonpath={.spec.template.spec.containers[0].env}";
    expect(await inSystem("get", "deploy", "sealpost-api", "-o", env)).toContain('{"name":"RETENTION","value":"14d"}');
    expect(await secret(system, "sealpost-keys", "workspaceKey")).toBe(workspaceKey);
    await goesOn();
  });

  it("has lost nothing of what it accepted in all of that, and sent little twice", async () => {
    // The connection ends with the container, which is no error here.
    await onNode("kubectl", ["exec", "-n", shop, "load", "--", "node", "--eval", "process.kill(1, 'SIGTERM')"]);
    const counted = await nothingLost(shop, "load", "orders");
    process.stderr.write(`accepted ${counted.accepted}, requests ${counted.requests}\n`);
    expect(counted.accepted).toBeGreaterThan(80);
    // What a killed process had in flight is sent again: at least once, and no storm.
    expect(counted.requests).toBeLessThan(counted.accepted * 1.2);
  });

  it("delivers for a second region by a release of its own", async () => {
    // The region's NATS, as somebody else runs it.
    await apply(...nats(system, "nats-eu"));
    const regions = ["--set", `nats.regions.eu={nats://nats-eu.${system}.svc:4222}`];
    await helm("upgrade", "sealpost", chart, "-n", system, "--reuse-values", ...regions, "--wait", "--timeout=200s");
    const only = [
      "api.enabled=false",
      "controller.enabled=false",
      "trial.enabled=false",
      "trial.receiver.enabled=false",
    ];
    const shared = ["postgres.existingSecret=sealpost-postgres", "encryption.existingSecret=sealpost-encryption"];
    const own = ["region=eu", "migrations.enabled=false", "delivery.replicas=1"];
    const set = [...only, ...shared, ...own].flatMap((value) => ["--set", value]);
    await helm(
      "install",
      "sealpost-eu",
      chart,
      "-n",
      system,
      "-f",
      values,
      ...set,
      ...regions,
      "--wait",
      "--timeout=120s",
    );

    const admin = await secret(system, "sealpost-admin", "key");
    const company = `http://${api}:3000/v1/companies/${companyId}`;
    const workspace = await callApi<{ id: string }>(`${company}/workspaces`, admin, { name: "Europe", region: "eu" });
    const { key } = await callApi<{ key: string }>(`${company}/keys`, admin, { name: "eu", workspaceId: workspace.id });
    const ns = "shop-eu";
    await apply(namespace(ns, { "sealpost.dev/workspace": workspace.id }));
    await apply(...receiver(ns, "orders"), webhookEndpoint(ns, "orders", ["order.paid"]));
    await kubectl("wait", "-n", ns, "--for=condition=Ready", "whe/orders", "--timeout=60s");
    await kubectl("rollout", "status", "-n", ns, "deploy/orders", "--timeout=60s");
    await apply(
      ...load({ namespace: ns, name: "load", api: `${api}:50051`, key, eventType: "order.paid", events: 20 }),
    );
    expect((await nothingLost(ns, "load", "orders")).accepted).toBe(20);

    const endpoint = (await get<{ status: { endpointID: string } }>("whe", "orders", "-n", ns)).status.endpointID;
    const companyKey = await secret(system, "sealpost-keys", "companyKey");
    const { deliveries } = await callApi<{ deliveries: { region: string; attempts: { pod: string }[] }[] }>(
      `http://${api}:3000/v1/webhooks/${endpoint}/deliveries`,
      companyKey,
    );
    const by = new Set(deliveries.flatMap(({ region, attempts }) => attempts.map(({ pod }) => `${region} ${pod}`)));
    expect([...by]).toEqual([expect.stringMatching(/^eu sealpost-eu-delivery-/)]);
  });

  it("is uninstalled without taking an endpoint along", async () => {
    await helm("uninstall", "sealpost-eu", "-n", system, "--wait", "--timeout=120s");
    await helm("uninstall", "sealpost", "-n", system, "--wait", "--timeout=120s");
    const gone = async () => (await pods("api")).length + (await pods("delivery")).length === 0;
    await until(gone, { timeoutMs: 60_000, what: "the pods to end" });
    const kept = await get<{ items: KubeObject[] }>("whe", "-A");
    expect(kept.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).toSorted()).toEqual([
      "shop-eu/orders",
      "shop/orders",
    ]);
    expect(kept.items.every(({ metadata }) => metadata["deletionTimestamp"] === undefined)).toBe(true);
    expect(await secret(shop, "orders-signing", "secret")).toMatch(/^whsec_/);
  });
});
