import { createServer } from "node:net";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { WebhookEndpoint } from "../../../internal/controller/resource.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { webhookEndpoint } from "../../harness/install.ts";
import { conditionOf, Operator } from "../../harness/operator.ts";
import { until } from "../../harness/wait.ts";

let operator: Operator;
let namespace: string;
const minuteMs = 60_000;
/** Of a machine that is busy with other tests: alone, all is done 12 s after its return. */
const patience = { timeoutMs: 120_000 };

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `e-${from + i}`);
/** 200 of them change while the API is away. */
const [kept, edited, deleted, created] = [numbers(0, 50), numbers(50, 100), numbers(100, 150), numbers(150, 250)];

const write = (names: string[], description: string) => {
  const spec = (name: string) => ({ url: `${operator.road.receiver.url}/${name}`, events: ["*"], description });
  return operator.cluster.apply(...names.map((name) => webhookEndpoint(namespace, name, spec(name))));
};

async function resources(): Promise<WebhookEndpoint[]> {
  const list = await operator.cluster.get<never>("whe", "-n", namespace);
  return (list as unknown as { items: WebhookEndpoint[] }).items;
}

/** Whether a condition says this about the spec as it is now. */
function says(resource: WebhookEndpoint | undefined, type: string, status: string, reason: string): boolean {
  const found = conditionOf(resource, type);
  const current = found?.observedGeneration === resource?.metadata.generation;
  return current && found?.status === status && found?.reason === reason;
}

/** `name description` of every endpoint in the API, of which one that is doubled shows twice. */
async function endpoints(): Promise<string[]> {
  const lines: string[] = [];
  for (let token = ""; ; ) {
    const path = `/v1/workspaces/${operator.road.tenant.workspaceId}/webhooks?pageSize=100&pageToken=${token}`;
    const { body } = await operator.road.company.get<{
      webhooks?: { description: string; managedBy?: { name: string } }[];
      nextPageToken?: string;
    }>(path);
    lines.push(...(body.webhooks ?? []).map(({ managedBy, description }) => `${managedBy?.name} ${description}`));
    if (!body.nextPageToken) return lines.toSorted();
    token = body.nextPageToken;
  }
}

/** Waits until resources and endpoints are exactly these, each `name description`, and all is well. */
async function done(wanted: string[]): Promise<void> {
  const well = (each: WebhookEndpoint) =>
    says(each, "Ready", "True", "Ready") && says(each, "Synced", "True", "Synced");
  const all = async () => {
    const found = await resources();
    return found.length === wanted.length && found.every(well);
  };
  await until(all, { ...patience, what: "every resource to be as it should" });
  expect(await endpoints()).toEqual(wanted.toSorted());
}

/** Reconciles of the controller that have failed. */
async function failed(): Promise<number> {
  const text = await (await fetch(`${operator.controllers[0]?.metrics}/metrics`)).text();
  return Number(/^controller_runtime_reconcile_errors_total\{.*\} (\d+)$/m.exec(text)?.[1]);
}

/** Takes connections in the place of the API, and drops them. */
async function countConnections(address: string): Promise<{ count: () => number; close: () => Promise<void> }> {
  let count = 0;
  const server = createServer((socket) => {
    count++;
    socket.destroy();
  });
  const { hostname, port } = new URL(`http://${address}`);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(Number(port), hostname, resolve);
  });
  return { count: () => count, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

describeCluster("while the Sealpost API is away", () => {
  beforeAll(async () => {
    // So that what nobody touches is looked at within the minute as well.
    operator = await Operator.start({ env: { CONTROLLER_RESYNC: "20s" } });
    namespace = await operator.namespace();
    await write([...kept, ...edited, ...deleted], "first");
    await done([...kept, ...edited, ...deleted].map((name) => `${name} first`));
  }, 240_000);
  afterAll(() => operator?.[Symbol.asyncDispose]());

  it("for a minute, 200 resources change and say so, and all of it is done soon after, once", async () => {
    const [api] = operator.road.system.apis;
    if (!api) throw new Error("there is no api");
    const failedBefore = await failed();
    await api.kill();
    const awayAt = performance.now();
    const dead = await countConnections(api.grpc);
    await write(created, "new");
    await write(edited, "second");
    await operator.cluster.ask("delete", "whe", "-n", namespace, "--wait=false", ...deleted);

    const told = async () => {
      const byName = new Map((await resources()).map((each) => [each.metadata.name, each]));
      const all = (names: string[], type: string, status: string, reason = "ApiUnavailable") =>
        names.every((name) => says(byName.get(name), type, status, reason));
      return (
        all(kept, "Ready", "True", "Ready") &&
        all(kept, "Synced", "Unknown") &&
        all([...created, ...edited], "Ready", "False") &&
        all([...created, ...edited], "Reconciling", "True") &&
        all(deleted, "Synced", "False") &&
        byName.size === kept.length + edited.length + deleted.length + created.length
      );
    };
    await until(told, { ...patience, what: "every resource to say that the API is away" });
    const message = async (name: string) => conditionOf(await operator.get(namespace, name), "Synced")?.message;
    const whatToDo = /^the Sealpost API does not answer \(.+\): leave this resource as it is, it goes on within 15 s /;
    expect(await message("e-0")).toMatch(whatToDo);
    expect(await message("e-150")).toMatch(whatToDo);
    expect(await message("e-100")).toMatch(
      /^this resource stays until its endpoint is deleted: the Sealpost API does not answer/,
    );
    expect((await operator.get(namespace, "e-100"))?.metadata.finalizers).toEqual(["sealpost.dev/endpoint"]);
    await until(() => performance.now() - awayAt >= minuteMs, { timeoutMs: 2 * minuteMs, what: "the minute to end" });

    // One fact: each key finds it once, and then one in 4 s at most looks again. By keys, it would be thousands.
    const seconds = (performance.now() - awayAt) / 1000;
    expect((await failed()) - failedBefore).toBeLessThan(2 * (kept.length + 200) + seconds / 4);
    expect(dead.count()).toBeGreaterThan(0);
    expect(dead.count()).toBeLessThan(seconds);
    await dead.close();
    await api.start();
    await done([
      ...kept.map((name) => `${name} first`),
      ...edited.map((name) => `${name} second`),
      ...created.map((name) => `${name} new`),
    ]);
  }, 400_000);

  it("because it hangs, nobody waits for it to say so, and what was half done is not done twice", async () => {
    const { pid = 0 } = operator.road.system.apis[0] ?? {};
    const more = numbers(250, 280);
    process.kill(pid, "SIGSTOP");
    try {
      await write(more, "new");
      await write([...kept, ...edited, ...created], "third");
      // 230 resources at the call's time limit of 10 s each, 16 at a time, would take 140 s.
      const told = async () => {
        const found = await resources();
        return found.length === 230 && found.every((each) => says(each, "Ready", "False", "ApiUnavailable"));
      };
      await until(told, { ...patience, what: "every resource to say that the API is away" });
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await done([
      ...more.map((name) => `${name} new`),
      ...[...kept, ...edited, ...created].map((name) => `${name} third`),
    ]);
  }, 400_000);
});
