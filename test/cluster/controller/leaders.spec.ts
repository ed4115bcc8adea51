import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { webhookEndpoint } from "../../harness/install.ts";
import { Operator } from "../../harness/operator.ts";
import { until } from "../../harness/wait.ts";
import { leads } from "./leads.ts";
import { managedIn } from "./managed.ts";

let operator: Operator;

describeCluster("several controllers", () => {
  beforeAll(async () => {
    operator = await Operator.start({
      env: { CONTROLLER_RESYNC: "3s", CONTROLLER_LEASE_DURATION: "8s" },
      proxied: true,
    });
  });
  afterAll(() => operator?.[Symbol.asyncDispose]());

  it("has one leader at a time, and a leader that was stopped does no harm when it goes on", async () => {
    const [first] = operator.controllers;
    const namespace = await operator.namespace();
    await operator.apply(namespace, "one");
    await operator.wait(namespace, "one");
    const second = await operator.addController();
    const waits = () => second.output().some((line) => line.includes("waiting for the lease"));
    await until(waits, { what: "the second to wait" });
    // Who waits is ready: a Deployment of several is complete.
    await second.ready();
    expect([await leads(first), await leads(second)]).toEqual([true, false]);
    const { pid: stopped = 0 } = first ?? {};
    process.kill(stopped, "SIGSTOP");
    await operator.apply(namespace, "two");
    await until(() => leads(second), { what: "the second to lead" });
    await operator.wait(namespace, "two");
    await operator.apply(namespace, "two", { description: "edited" });
    process.kill(stopped, "SIGCONT");
    await until(() => first?.pid !== stopped, { what: "the first to end" });
    await operator.wait(namespace, "two");
    await operator.condition(namespace, "two", "Ready", "Ready");
    const found = await managedIn(operator, namespace);
    expect(found.map(({ managedBy, description = "" }) => `${managedBy?.name} ${description}`).toSorted()).toEqual([
      "one ",
      "two edited",
    ]);
  });

  it("does no harm while two lead at once", async () => {
    const { proxy, controllers } = operator;
    if (!proxy) throw new Error("there is no proxy");
    await Promise.all(controllers.map((each) => operator.pause(each)));
    // It believes in its Lease for 40 s, and cannot see that it is another's meanwhile.
    const long = await operator.addController({ CONTROLLER_LEASE_DURATION: "60s" });
    await until(() => leads(long), { what: "the first to lead" });
    const thief = await operator.addController({}, { direct: true });
    await until(() => thief.output().some((line) => line.includes("waiting for the lease")), {
      what: "the second to wait",
    });
    const { pid } = long;
    proxy.fault = (_method, path) => (path.includes("/leases/") ? "reset" : undefined);
    await operator.cluster.ask("delete", "lease", "sealpost-controller", "-n", "sealpost-system");
    await until(() => leads(thief), { what: "the second to lead" });

    const namespace = await operator.namespace();
    const all = Array.from({ length: 12 }, (_, i) => `e-${i}`);
    const write = (names: string[], description: string) =>
      operator.cluster.apply(
        ...names.map((name) =>
          webhookEndpoint(namespace, name, {
            url: `${operator.road.receiver.url}/${name}`,
            events: ["*"],
            description,
          }),
        ),
      );
    const [edited, deleted, kept] = [all.slice(0, 4), all.slice(4, 8), all.filter((_, i) => i < 4 || i >= 8)];
    await write(all, "first");
    await operator.cluster.ask("wait", "--for=condition=Ready", "whe", "--all", "-n", namespace, "--timeout=150s");
    await write(edited, "second");
    await operator.cluster.ask("annotate", "whe", ...edited, "-n", namespace, "sealpost.dev/rotate=now");
    await operator.cluster.ask("delete", "whe", ...deleted, "-n", namespace, "--timeout=150s");
    expect([await leads(long), await leads(thief), long.pid]).toEqual([true, true, pid]);

    proxy.fault = () => undefined;
    await until(() => long.pid !== pid, { what: "the first to notice and to end" });
    const wanted = kept.map((name) => `${name} ${edited.includes(name) ? "second" : "first"}`).toSorted();
    const made = async () => {
      const found = await managedIn(operator, namespace);
      const lines = found.map(({ managedBy, description }) => `${managedBy?.name} ${description}`);
      return lines.toSorted().join() === wanted.join();
    };
    await until(made, { what: "exactly the endpoints that are wanted" });
    // What is signed is signed with what the Secrets hold.
    const id = await operator.road.publish();
    const secrets = await operator.cluster.get<{ items: { metadata: { name: string }; data: { secret: string } }[] }>(
      "secrets",
      "-n",
      namespace,
    );
    const received = () =>
      operator.road.receiver.requests.filter(
        ({ path, headers }) => kept.includes(path.slice(1)) && headers["webhook-id"] === id,
      );
    await until(() => received().length === kept.length, { what: "the event at every endpoint" });
    for (const { path, body, headers } of received()) {
      const { data } = secrets?.items.find(({ metadata }) => metadata.name === `${path.slice(1)}-signing`) ?? {};
      const webhook = new Webhook(Buffer.from(data?.secret ?? "", "base64").toString());
      expect(webhook.verify(body.toString(), headers as Record<string, string>)).toMatchObject({ type: "test.event" });
    }
  });
});
