import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { webhookEndpoint } from "../../harness/install.ts";
import { Operator } from "../../harness/operator.ts";
import { until } from "../../harness/wait.ts";

let operator: Operator;
const count = 100;

/** Requests that a controller has sent to the API server since it started, by method; refused ones are no writes. */
async function requests(controller = operator.controllers[0]): Promise<Record<string, number>> {
  const text = await (await fetch(`${controller?.metrics}/metrics`)).text();
  const sums: Record<string, number> = {};
  for (const line of text.split("\n").filter((each) => each.startsWith("rest_client_requests_total{"))) {
    const [, method = ""] = /method="(\w+)"/.exec(line) ?? [];
    if (!/code="2\d\d"/.test(line)) continue;
    sums[method] = (sums[method] ?? 0) + Number(line.slice(line.lastIndexOf(" ")));
  }
  return sums;
}

async function versions(namespace: string): Promise<string> {
  const path = "{range .items[*]}{.metadata.name}={.metadata.resourceVersion} {end}";
  const of = (kind: string) => operator.cluster.ask("get", kind, "-n", namespace, "-o", `jsonpath=${path}`);
  return `${await of("whe")}\n${await of("secrets")}`;
}

describeCluster("a controller with nothing to do", () => {
  beforeAll(async () => {
    operator = await Operator.start({ env: { CONTROLLER_RESYNC: "5m" } });
  });
  afterAll(() => operator?.[Symbol.asyncDispose]());

  it("has written each resource twice, writes nothing when it starts again, and keeps its finalizer", async () => {
    const namespace = await operator.namespace();
    const spec = { url: "http://localhost:9/never", events: ["never.published"] };
    const names = Array.from({ length: count }, (_, i) => `e-${i}`);
    await operator.cluster.apply(...names.map((name) => webhookEndpoint(namespace, name, spec)));
    const readyCount = async () => {
      const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{end}';
      const found = await operator.cluster.ask("get", "whe", "-n", namespace, "-o", `jsonpath=${path}`);
      return found.replaceAll("Unknown", "").length / "True".length;
    };
    await until(async () => (await readyCount()) === count, { timeoutMs: 300_000, what: "all to be ready" });
    // The finalizer and the status.
    expect((await requests()).PATCH).toBe(2 * count);

    const before = await versions(namespace);
    const [controller] = operator.controllers;
    await operator.pause(controller);
    operator.resume(controller);
    await until(() => controller?.running, { what: "it to run" });
    await controller?.ready(120_000);
    const looked = async () => {
      const text = await (await fetch(`${controller?.metrics}/metrics`)).text();
      const line = /^workqueue_adds_total\{name="webhookendpoint"\} (\d+)$/m.exec(text);
      const done =
        /^controller_runtime_reconcile_total\{controller="webhookendpoint",result="requeue_after"\} (\d+)$/m.exec(text);
      return Number(line?.[1]) >= count && Number(done?.[1]) >= count;
    };
    await until(looked, { timeoutMs: 120_000, what: "every resource to be looked at" });
    const { PATCH = 0, POST = 0 } = await requests();
    expect({ PATCH, POST }).toEqual({ PATCH: 0, POST: 0 });
    expect(await versions(namespace)).toBe(before);

    // Long before the resync: without it, deleting the resource would leave the endpoint.
    await operator.cluster.ask(
      "patch",
      "whe",
      "e-0",
      "-n",
      namespace,
      "--type=merge",
      '-p={"metadata":{"finalizers":[]}}',
    );
    const held = async () => (await operator.get(namespace, "e-0"))?.metadata.finalizers?.length === 1;
    await until(held, { what: "the finalizer that was taken away to be back" });
  }, 600_000);
});
