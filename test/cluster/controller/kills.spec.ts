import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { Child } from "../../harness/child.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { webhookEndpoint } from "../../harness/install.ts";
import { Operator } from "../../harness/operator.ts";
import { until } from "../../harness/wait.ts";
import { leads } from "./leads.ts";
import { managedIn } from "./managed.ts";

let operator: Operator;

describeCluster("a controller", () => {
  beforeAll(async () => {
    // Nothing needs a second look here, and hundreds of looks a second would only make it slow.
    operator = await Operator.start({ env: { CONTROLLER_RESYNC: "5m", CONTROLLER_LEASE_DURATION: "3s" } });
  });
  afterAll(() => operator?.[Symbol.asyncDispose]());

  it("loses nothing and doubles nothing while it is killed again and again", async () => {
    const controller = operator.controllers[0] as Child;
    const namespace = await operator.namespace();
    const count = 200;
    const url = (i: number) => `${operator.road.receiver.url}/${i}`;
    const write = (which: number[], description: string) =>
      operator.cluster.apply(
        ...which.map((i) => webhookEndpoint(namespace, `e-${i}`, { url: url(i), events: ["*"], description })),
      );
    let killing = true;
    let kills = 0;
    // It is killed when it has led for a while; the next one leads when the lease of the one before has ended. Each has more
    // time than the one before, so that they come to an end on a machine where little gets done in a second.
    const killer = (async () => {
      for (let pauseMs = 500; killing; pauseMs *= 1.5) {
        await until(async () => !killing || (await leads(controller)), { timeoutMs: 120_000, what: "it to lead" });
        await new Promise((wake) => setTimeout(wake, pauseMs));
        await controller.kill();
        kills++;
      }
    })();
    const all = Array.from({ length: count }, (_, i) => i);
    const [edited, deleted] = [all.filter((i) => i % 3 === 0), all.filter((i) => i % 5 === 1)];
    try {
      await write(all, "first");
      await until(async () => (await managedIn(operator, namespace)).length > count / 8, {
        timeoutMs: 180_000,
        what: "some to be made",
      });
      await write(edited, "second");
      await operator.cluster.ask("delete", "whe", "-n", namespace, "--wait=false", ...deleted.map((i) => `e-${i}`));
      await until(() => kills >= 4, { timeoutMs: 180_000, what: "four kills" });
    } finally {
      killing = false;
      await killer;
    }

    const left = all.filter((i) => !deleted.includes(i));
    const wanted = left.map((i) => `e-${i} ${url(i)} ${edited.includes(i) ? "second" : "first"}`).toSorted();
    const made = async () => {
      const found = await managedIn(operator, namespace);
      const lines = found.map(({ managedBy, url: to, description }) => `${managedBy?.name} ${to} ${description}`);
      return lines.toSorted().join("\n") === wanted.join("\n");
    };
    await until(made, { timeoutMs: 120_000, what: "exactly the endpoints that are wanted" });
    await operator.cluster.ask("wait", "--for=condition=Ready", "whe", "--all", "-n", namespace, "--timeout=150s");
    const { items } = (await operator.cluster.get<never>("whe", "-n", namespace)) as unknown as {
      items: unknown[];
    };
    expect(items).toHaveLength(left.length);
    expect((await managedIn(operator, namespace)).length).toBe(left.length);
  }, 400_000);
});
