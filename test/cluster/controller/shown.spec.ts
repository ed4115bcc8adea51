import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { WebhookEndpoint } from "../../../internal/controller/resource.ts";
import { type ArgoHealth, argoHealthOf } from "../../harness/argocd.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { type Kstatus, kstatusOf } from "../../harness/kstatus.ts";
import { conditionOf, Operator } from "../../harness/operator.ts";
import { until } from "../../harness/wait.ts";

/** So that what is shown is the same in every run. */
const namespace = "shop";
const hooks = { apiVersion: "v1", kind: "Secret", metadata: { name: "hooks", namespace } };

/** By what knows only kstatus, as Flux does, and by Argo CD with the check in deploy/argocd. */
type Seen = [Kstatus, ArgoHealth];
const seen = async (resource: WebhookEndpoint | undefined): Promise<Seen> => [
  kstatusOf(resource),
  await argoHealthOf(resource),
];

let operator: Operator;
const label = () => `sealpost.dev/workspace=${operator.road.tenant.workspaceId}`;

describeCluster("what a WebhookEndpoint shows", () => {
  beforeAll(async () => {
    operator = await Operator.start({ env: { CONTROLLER_RESYNC: "2s" } });
    await operator.cluster.ask("create", "namespace", namespace);
  });
  afterAll(() => operator?.[Symbol.asyncDispose]());

  it("to GitOps tools, at each moment of its road", async () => {
    const [controller] = operator.controllers;
    const [api] = operator.road.system.apis;
    const name = "walk";
    const get = () => operator.get(namespace, name);
    /** Waits for the reason of Ready (or another condition), and says how it is seen then. */
    const at = async (reason: string, type = "Ready"): Promise<Seen> => {
      await operator.condition(namespace, name, type, reason);
      return seen(await get());
    };
    const road: Record<string, Seen> = {};
    const spec = { headers: [{ name: "Authorization", valueFrom: { secretKeyRef: { name: "hooks", key: "token" } } }] };

    await operator.pause(controller);
    await operator.apply(namespace, name, spec);
    road["just applied, and nobody has looked"] = await seen(await get());
    operator.resume(controller);
    road["in a namespace without a workspace"] = await at("NamespaceNotBound");
    await operator.cluster.ask("label", "namespace", namespace, label());
    road["waiting for a Secret"] = await at("SecretNotFound");
    await api?.kill();
    await operator.cluster.apply({ ...hooks, stringData: { token: "Bearer one" } });
    road["not made yet, and the API is away"] = await at("ApiUnavailable");
    await api?.start();
    road["ready"] = await at("Ready");

    await operator.pause(controller);
    await operator.apply(namespace, name, { ...spec, description: "edited" });
    road["edited, and nobody has looked"] = await seen(await get());
    operator.resume(controller);
    road["edited, and handed over"] = await at("Ready");
    await operator.apply(namespace, name, { headers: [{ name: "Host", value: "x" }] });
    road["refused by the API"] = await at("InvalidRequest");
    await operator.apply(namespace, name, { ...spec, paused: true });
    road["paused"] = await at("Paused");
    await operator.apply(namespace, name, spec);
    await at("Ready");

    await api?.kill();
    road["ready, and the API is away"] = await at("ApiUnavailable", "Synced");
    await operator.cluster.ask("delete", "whe", name, "-n", namespace, "--wait=false");
    const held = async () => conditionOf(await get(), "Ready")?.reason === "ApiUnavailable";
    await until(held, { what: "the finalizer to hold" });
    road["deleted, and the API is away"] = await seen(await get());
    await api?.start();
    await until(async () => (await get()) === undefined, { timeoutMs: 90_000, what: "it to go" });
    road["deleted, and let go"] = await seen(await get());
    expect(road).toEqual({
      "just applied, and nobody has looked": ["InProgress", "Progressing"],
      "in a namespace without a workspace": ["Failed", "Degraded"],
      "waiting for a Secret": ["InProgress", "Progressing"],
      "not made yet, and the API is away": ["InProgress", "Progressing"],
      ready: ["Current", "Healthy"],
      "edited, and nobody has looked": ["InProgress", "Progressing"],
      "edited, and handed over": ["Current", "Healthy"],
      "refused by the API": ["Failed", "Degraded"],
      paused: ["Current", "Healthy"],
      "ready, and the API is away": ["Current", "Healthy"],
      "deleted, and the API is away": ["Terminating", "Progressing"],
      "deleted, and let go": ["NotFound", "Missing"],
    } satisfies Record<string, Seen>);
  });

  describe("to people with kubectl", () => {
    beforeAll(async () => {
      await operator.cluster.ask("label", "namespace", namespace, label(), "--overwrite");
      await operator.apply(namespace, "orders");
      await operator.wait(namespace, "orders");
      await operator.apply(namespace, "held", { paused: true, description: "Until the new receiver is there" });
      await operator.apply(namespace, "secretive", {
        url: undefined,
        urlFrom: { secretKeyRef: { name: "nowhere", key: "url" } },
      });
      await operator.apply(namespace, "wrong", { headers: [{ name: "Host", value: "x" }] });
      await operator.condition(namespace, "held", "Ready", "Paused");
      await operator.condition(namespace, "secretive", "Ready", "SecretNotFound");
      await operator.condition(namespace, "wrong", "Ready", "InvalidRequest");
      const id = await operator.road.publish();
      const { requests } = operator.road.receiver;
      const received = () => requests.some(({ path, headers }) => path === "/orders" && headers["webhook-id"] === id);
      await until(received, { what: "the event" });
      await operator.condition(namespace, "orders", "Healthy", "Delivering");
    });

    it.each([[[]], [["-o", "wide"]]])("in columns: kubectl get whe %j", async (more) => {
      const text = await operator.cluster.ask("get", "whe", "-n", namespace, ...more);
      expect(`\n${columns(text)}`).toMatchSnapshot();
    });

    it.each(["orders", "held", "secretive", "wrong"])("as a whole: kubectl describe whe %s", async (name) => {
      const told = async () => (await operator.events(namespace, name)).length > 0;
      await until(told, { what: "its events" });
      const text = await operator.cluster.ask("describe", "whe", name, "-n", namespace);
      const [object, events] = text.split(/^(?=Events:)/m);
      expect(`\n${steady(object ?? "")}${columns(events ?? "")}`).toMatchSnapshot();
    });

    it.each(["webhookendpoint.spec", "whe.spec.signing.rotation", "whe.status"])(
      "as a manual: kubectl explain %s",
      async (what) => {
        expect(`\n${await operator.cluster.ask("explain", what)}`).toMatchSnapshot();
      },
    );
  });
});

/** Without what is another in every run. */
function steady(text: string): string {
  return text
    .replace(/\b(whe|wsp|whk|evt)_[0-9a-z]{26}\b/g, "$1_…")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "<time>")
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<uid>")
    .replace(/(Resource Version: +)\d+/g, "$1<version>")
    .replace(/(Spec Hash: +)\S+/g, "$1<hash>");
}

/** A table without widths and ages. */
function columns(text: string): string {
  return steady(text)
    .replace(/\b(\d+[smhd])+( \(x\d+ over (\d+[smhd])+\))?(?= |$)/gm, "<age>")
    .replace(/(\S) {2,}/g, "$1  ")
    .replace(/-{3,}/g, "---")
    .replace(/ +$/gm, "");
}
