import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { EventRecorder, type EventRecorderOptions, type Occurrence } from "../../../internal/kube/event-recorder.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { type KubeProxy, startKubeProxy } from "../../harness/kube-proxy.ts";
import { until } from "../../harness/wait.ts";
import { type ConfigMap, clientOf, configMap, configMaps, configMapsOf } from "./fixture.ts";

interface Shown {
  metadata: { name: string };
  note: string;
  type: string;
  reason: string;
  series?: { count: number; lastObservedTime: string };
}

const refused: Occurrence = {
  type: "Warning",
  reason: "PlanRefuses",
  action: "CreateEndpoint",
  note: "the plan is FREE",
};

describeCluster("the event recorder", () => {
  let cluster: Cluster;
  let namespace: string;
  let proxy: KubeProxy;
  let object: ConfigMap;
  let errors: string[];
  let recorder: EventRecorder;
  beforeEach(async () => {
    cluster = sharedCluster();
    namespace = await cluster.namespace();
    proxy = await startKubeProxy(cluster);
    object = await configMapsOf(cluster.kubeconfig).create(configMap(namespace, "a"));
    errors = [];
    recorder = newRecorder();
  });
  afterEach(async () => proxy[Symbol.asyncDispose]());

  function newRecorder(options: Partial<EventRecorderOptions> = {}): EventRecorder {
    return new EventRecorder({
      client: clientOf(proxy.kubeconfig, { attempts: 1, timeoutMs: 5000 }),
      controller: "sealpost.dev/controller",
      instance: "pod-1",
      onError: (message) => errors.push(message),
      ...options,
    });
  }

  async function events(): Promise<Shown[]> {
    const list = await cluster.get<{ items: Shown[] }>("events.v1.events.k8s.io", "-n", namespace);
    return list?.items ?? [];
  }

  it("tells what happened to an object to whoever describes it", async () => {
    recorder.record(configMaps, object, refused);
    await recorder.drain(10_000);
    expect(errors).toEqual([]);
    expect(await cluster.ask("describe", "configmap", "a", "-n", namespace)).toMatch(
      /Warning +PlanRefuses +.*sealpost\.dev\/controller +the plan is FREE/,
    );
  });

  it("writes the same again as one event with a count, and another as another", async () => {
    for (let n = 0; n < 5; n++) recorder.record(configMaps, object, refused);
    recorder.record(configMaps, object, { ...refused, note: "the plan is STARTER" });
    await recorder.drain(10_000);
    const shown = await events();
    expect(shown).toHaveLength(2);
    expect(Object.fromEntries(shown.map(({ note, series }) => [note, series?.count]))).toEqual({
      "the plan is FREE": 5,
      "the plan is STARTER": undefined,
    });
    // Made, counted when it became a series, and when the recorder ended.
    expect(proxy.requests.filter((request) => request.startsWith("PATCH")).length).toBeLessThanOrEqual(2);
    expect(shown.find(({ series }) => series)?.series?.lastObservedTime).toMatch(/\.\d{6}Z$/);
  });

  it("begins a new event when the old one is long ago, or has been removed", async () => {
    recorder = newRecorder({ seriesMs: 1 });
    recorder.record(configMaps, object, refused);
    await recorder.drain(10_000);
    recorder.record(configMaps, object, refused);
    await recorder.drain(10_000);
    expect(await events()).toHaveLength(2);

    recorder = newRecorder();
    recorder.record(configMaps, object, { ...refused, note: "again" });
    await recorder.drain(10_000);
    await cluster.ask("delete", "events", "--all", "-n", namespace);
    recorder.record(configMaps, object, { ...refused, note: "again" });
    await recorder.drain(10_000);
    expect(await events()).toMatchObject([{ note: "again", series: { count: 2 } }]);
    expect(errors).toEqual([]);
  });

  it("cuts what is longer than the API server takes", async () => {
    recorder.record(configMaps, object, { ...refused, reason: "R".repeat(200), note: "ü".repeat(2000) });
    await recorder.drain(10_000);
    expect(errors).toEqual([]);
    const [event] = await events();
    expect(event?.reason).toHaveLength(128);
    expect(event?.note).toMatch(/^ü{510}…$/);
  });

  it("holds nobody up when the API server is away", async () => {
    proxy.fault = () => "reset";
    recorder.record(configMaps, object, refused);
    await recorder.drain(10_000);
    expect(errors).toEqual(["an event could not be written"]);
    // With a request that would be waited for until long after this test has failed.
    recorder = newRecorder({ client: clientOf(proxy.kubeconfig, { attempts: 1, timeoutMs: 3_600_000 }) });
    proxy.fault = () => "hang";
    const { length } = proxy.requests;
    recorder.record(configMaps, object, { ...refused, note: "another" });
    await until(() => proxy.requests.length > length, { what: "the event on its way" });
    await recorder.drain(100);
  });
});
