import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { keyOf } from "../../../internal/kube/object.ts";
import { ObjectStore } from "../../../internal/kube/object-store.ts";
import { ReconcileLoop } from "../../../internal/kube/reconcile-loop.ts";
import { Reflector } from "../../../internal/kube/reflector.ts";
import { ResourceClient } from "../../../internal/kube/resource-client.ts";
import { WorkQueue } from "../../../internal/kube/work-queue.ts";
import { Random } from "../../chaos/random.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { type KubeProxy, startKubeProxy } from "../../harness/kube-proxy.ts";
import { until } from "../../harness/wait.ts";
import { clientOf } from "./fixture.ts";
import { serveWidgets, type Widget, widgets } from "./widgets.ts";

const count = 60;

describeCluster("reflector, queue and loop together", () => {
  let cluster: Cluster;
  let namespace: string;
  let proxy: KubeProxy;
  let resource: ResourceClient<Widget>;
  beforeEach(async () => {
    cluster = sharedCluster();
    namespace = await cluster.namespace();
    await serveWidgets(cluster);
    proxy = await startKubeProxy(cluster);
    resource = new ResourceClient(clientOf(cluster.kubeconfig), widgets);
  });
  afterEach(async () => proxy[Symbol.asyncDispose]());

  /** A controller that writes into every widget's status how large it is. */
  async function startController(): Promise<
    { store: ObjectStore<Widget>; reconciles: () => number } & AsyncDisposable
  > {
    const own = new ResourceClient(clientOf(proxy.kubeconfig), widgets);
    const store = new ObjectStore<Widget>();
    const queue = new WorkQueue({ name: "widget" });
    let reconciles = 0;
    const loop = new ReconcileLoop({
      name: "widget",
      queue,
      async reconcile(key) {
        const widget = store.get(key);
        if (!widget) return {};
        const { generation = 0 } = widget.metadata;
        const status = { observedGeneration: generation, note: `size ${widget.spec?.size}` };
        const { name, uid = "", resourceVersion = "" } = widget.metadata;
        const metadata = { namespace, name, uid, resourceVersion };
        if (!isDeepStrictEqual(widget.status, status)) await own.applyStatus({ metadata, status }, "sealpost-test");
        reconciles++;
        return {};
      },
      onError: () => {},
    });
    const reflector = new Reflector({
      resource: own,
      store,
      select: { namespace },
      onChange: ({ object }) => queue.add(keyOf(object.metadata)),
      onError: () => {},
    });
    reflector.start();
    await reflector.synced();
    loop.start();
    const stop = async () => {
      await reflector.stop();
      await loop.stop(10_000);
    };
    return { store, reconciles: () => reconciles, [Symbol.asyncDispose]: stop };
  }

  const create = (name: string) => resource.create({ metadata: { namespace, name }, spec: { size: 1 } });
  const writes = () => proxy.requests.filter((request) => !request.startsWith("GET")).length;
  const done = (store: ObjectStore<Widget>, size: number, of = count) =>
    until(() => [...store.values()].filter(({ status }) => status?.note === `size ${size}`).length === of, {
      what: `every widget to have size ${size}`,
    });

  it("bring every object to its state with one write each, and make none after a restart", async () => {
    for (let n = 0; n < count / 2; n++) await create(`old-${n}`);
    {
      await using controller = await startController();
      for (let n = 0; n < count / 2; n++) await create(`new-${n}`);
      await done(controller.store, 1);
      expect(writes()).toBe(count);
      await cluster.ask("patch", "widget", "old-0", "-n", namespace, "--type=merge", "-p", '{"spec":{"size":2}}');
      await done(controller.store, 2, 1);
      expect(writes()).toBe(count + 1);
    }
    await using restarted = await startController();
    await until(() => restarted.reconciles() >= count, { what: "every widget to be looked at" });
    expect(restarted.store.size).toBe(count);
    expect(writes()).toBe(count + 1);
  });

  it("come through an API server that refuses, fails and breaks connections half of the time", async () => {
    await using controller = await startController();
    const faults = [{ status: 429, headers: { "retry-after": "0" } }, { status: 500 }, "reset"] as const;
    const random = new Random(1);
    // By the request, not by the clock or in turns: on a slow machine no request would end before the next cut, and two
    // that take turns would each meet the same half for ever.
    proxy.fault = () => {
      if (proxy.requests.length % 10 === 0) proxy.cut();
      return random.next() < 0.5 ? random.one(faults) : undefined;
    };
    for (let made = 0; made < count; made++) await create(`w-${made}`);
    await done(controller.store, 1);
    const stored = await resource.page({ namespace }, 500, undefined, new AbortController().signal);
    expect(stored.items.map(({ status }) => status)).toEqual(
      Array.from({ length: count }, () => ({ observedGeneration: 1, note: "size 1" })),
    );
  });
});
