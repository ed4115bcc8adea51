import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { ObjectStore } from "../../../internal/kube/object-store.ts";
import { Reflector, type ReflectorOptions } from "../../../internal/kube/reflector.ts";
import { type Cluster, type OwnCluster, sharedCluster, startCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { type KubeProxy, startKubeProxy } from "../../harness/kube-proxy.ts";
import { until } from "../../harness/wait.ts";
import { type ConfigMap, configMap, configMapsOf } from "./fixture.ts";

/** A reflector of the config maps of a namespace, with what it told. */
function reflect(kubeconfig: string, namespace: string, options: Partial<ReflectorOptions<ConfigMap>> = {}) {
  const store = new ObjectStore<ConfigMap>();
  const changes: string[] = [];
  const ended: string[] = [];
  const errors: string[] = [];
  const reflector = new Reflector<ConfigMap>({
    resource: configMapsOf(kubeconfig),
    store,
    select: { namespace, labelSelector: "test" },
    onChange: ({ type, object }) => changes.push(`${type} ${object.metadata.name}`),
    onError: (message, error) => errors.push(`${message}: ${(error as Error).message}`),
    observer: { watchEnded: (_, why) => ended.push(why) },
    ...options,
  });
  const names = () => [...store.values()].map(({ metadata }) => metadata.name).sort();
  return { reflector, store, changes, ended, errors, names, [Symbol.asyncDispose]: () => reflector.stop() };
}

/** A labelled one: the controllers of the cluster put others beside it. */
const labelled = (namespace: string, name: string, data = {}): ConfigMap => {
  const map = configMap(namespace, name, data);
  return { ...map, metadata: { ...map.metadata, labels: { test: "" } } };
};

describeCluster("a reflector", () => {
  let cluster: Cluster;
  let namespace: string;
  let proxy: KubeProxy;
  let maps: ReturnType<typeof configMapsOf>;
  beforeEach(async () => {
    cluster = sharedCluster();
    namespace = await cluster.namespace();
    proxy = await startKubeProxy(cluster);
    maps = configMapsOf(cluster.kubeconfig);
  });
  afterEach(async () => proxy[Symbol.asyncDispose]());

  const lists = () => proxy.requests.filter((request) => !request.includes("watch=true"));
  const watches = () => proxy.requests.filter((request) => request.includes("watch=true"));

  it("lists page by page and then follows every change", async () => {
    for (let n = 0; n < 7; n++) await maps.create(labelled(namespace, `old-${n}`));
    await using reflected = reflect(proxy.kubeconfig, namespace, { pageSize: 3 });
    expect(reflected.reflector.hasSynced).toBe(false);
    reflected.reflector.start();
    await reflected.reflector.synced();
    expect(reflected.names()).toHaveLength(7);
    expect(lists()).toHaveLength(3);
    expect(reflected.store.get(`${namespace}/old-0`)?.metadata).not.toHaveProperty("managedFields");

    await maps.create(labelled(namespace, "new"));
    await maps.patch({ namespace, name: "new" }, { data: { n: "2" } });
    await maps.delete({ namespace, name: "old-0" });
    await until(() => reflected.changes.includes("deleted old-0"), { what: "the changes" });
    expect(reflected.changes.slice(7)).toEqual(["added new", "updated new", "deleted old-0"]);
    expect(reflected.store.get(`${namespace}/new`)?.data).toEqual({ n: "2" });
    expect([reflected.ended, reflected.errors]).toEqual([[], []]);
  });

  it("is not synced before it has listed, however often that fails", async () => {
    await maps.create(labelled(namespace, "a"));
    let failures = 3;
    proxy.fault = () => (failures-- > 0 ? { status: 403, body: "not yet" } : undefined);
    await using reflected = reflect(proxy.kubeconfig, namespace);
    reflected.reflector.start();
    await until(() => reflected.errors.length > 0, { what: "an error" });
    expect(reflected.reflector.hasSynced).toBe(false);
    expect(reflected.errors[0]).toBe("configmaps could not be listed: the API server answers 403: not yet");
    await reflected.reflector.synced();
    expect(reflected.names()).toEqual(["a"]);
  });

  it("goes on where a broken watch ended, without listing again", async () => {
    await using reflected = reflect(proxy.kubeconfig, namespace);
    reflected.reflector.start();
    await reflected.reflector.synced();
    for (let n = 0; n < 3; n++) {
      await until(() => watches().length > n, { what: "the watch" });
      proxy.cut();
      await maps.create(labelled(namespace, `made-${n}`));
      await until(() => reflected.names().length > n, { what: "the change" });
    }
    expect(lists()).toHaveLength(1);
    expect(new Set(reflected.ended)).toEqual(new Set(["failed"]));
  });

  it("waits longer and longer while watches are refused", async () => {
    await using reflected = reflect(proxy.kubeconfig, namespace);
    const times: number[] = [];
    proxy.fault = (_, path) => {
      if (!path.includes("watch=true")) return undefined;
      times.push(performance.now());
      return { status: 500 };
    };
    reflected.reflector.start();
    await until(() => times.length >= 6, { what: "six tries" });
    expect((times[5] ?? 0) - (times[4] ?? 0)).toBeGreaterThan(700);
    expect(lists()).toHaveLength(1);
  });

  it("lists again when what comes cannot be read", async () => {
    await maps.create(labelled(namespace, "a"));
    let garbled = 0;
    proxy.fault = (_, path) => (path.includes("watch=true") && garbled++ === 0 ? { line: '{"type":"ADD' } : undefined);
    await using reflected = reflect(proxy.kubeconfig, namespace);
    reflected.reflector.start();
    await until(() => lists().length === 2, { what: "the second list" });
    await maps.create(labelled(namespace, "b"));
    await until(() => reflected.names().length === 2, { what: "the change" });
    expect(reflected.ended).toEqual(["unreadable"]);
    expect(reflected.errors[0]).toMatch(/^configmaps could not be listed: not JSON: {"type":"ADD/);
  });

  it("goes on from a bookmark, which has told how far it has come", async () => {
    await maps.create(labelled(namespace, "a"));
    const elsewhere = (await maps.create(configMap(namespace, "not-selected"))).metadata.resourceVersion;
    // A watch that ends after a bookmark.
    const body = JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: elsewhere } } });
    proxy.fault = (_, path) =>
      path.includes("watch=true") && watches().length === 1 ? { status: 200, body: `${body}\n` } : undefined;
    await using reflected = reflect(proxy.kubeconfig, namespace);
    reflected.reflector.start();
    await until(() => watches().length === 2, { what: "the second watch" });
    expect(watches()[0]).toContain("allowWatchBookmarks=true");
    expect(watches()[1]).toContain(`resourceVersion=${elsewhere}`);
    await maps.create(labelled(namespace, "b"));
    await until(() => reflected.names().length === 2, { what: "the change" });
    expect(reflected.changes).toEqual(["added a", "added b"]);
    expect(lists()).toHaveLength(1);
  });

  it("begins a list again whose pages the API server has forgotten, the last time in one piece", async () => {
    for (let n = 0; n < 5; n++) await maps.create(labelled(namespace, `m-${n}`));
    proxy.fault = (_, path) => (path.includes("continue=") ? { status: 410 } : undefined);
    await using reflected = reflect(proxy.kubeconfig, namespace, { pageSize: 2 });
    reflected.reflector.start();
    await reflected.reflector.synced();
    expect(reflected.names()).toHaveLength(5);
    expect(lists().map((request) => /limit=(\d+)/.exec(request)?.[1])).toEqual(["2", "2", "2", "2", "0"]);
    expect(reflected.ended).toEqual([]);
  });

  it("outlives who listens", async () => {
    await using reflected = reflect(cluster.kubeconfig, namespace, {
      onChange: () => {
        throw new Error("no listener");
      },
    });
    reflected.reflector.start();
    await maps.create(labelled(namespace, "a"));
    await maps.create(labelled(namespace, "b"));
    await until(() => reflected.names().length === 2, { what: "the changes" });
    expect(reflected.errors).toEqual([
      "a change could not be noted: no listener",
      "a change could not be noted: no listener",
    ]);
  });

  it("stops at once, whatever it is at", async () => {
    const hanging = reflect(proxy.kubeconfig, namespace);
    proxy.fault = () => "hang";
    hanging.reflector.start();
    await until(() => proxy.requests.length === 1, { what: "the list" });
    await hanging.reflector.stop();

    const watching = reflect(cluster.kubeconfig, namespace);
    watching.reflector.start();
    await watching.reflector.synced();
    await watching.reflector.stop();
    await maps.create(labelled(namespace, "late"));
    expect(watching.names()).toEqual([]);
  });
});

describeCluster("a reflector of an API server that fails", () => {
  const namespace = "default";
  let cluster: OwnCluster;
  beforeAll(async () => {
    // It serves watches from etcd, as one does that has just started or has too much to remember.
    cluster = await startCluster({ flags: ["--watch-cache=false"] });
  });
  afterAll(async () => cluster?.[Symbol.asyncDispose]());

  it("goes on when the API server is back, and misses nothing that happened before it died", async () => {
    const maps = configMapsOf(cluster.kubeconfig);
    const { apiServer } = cluster.controlPlane;
    await using reflected = reflect(cluster.kubeconfig, namespace);
    reflected.reflector.start();
    await reflected.reflector.synced();
    await maps.create(labelled(namespace, "before"));
    await apiServer.kill();
    await until(() => reflected.ended.length > 1, { what: "the watch to break" });
    await apiServer.start();
    await maps.create(labelled(namespace, "after"));
    await until(() => reflected.names().includes("after"), { what: "the change" });
    expect(reflected.names()).toEqual(["after", "before"]);
    expect(reflected.ended).not.toContain("gone");
  });

  it("lists again when etcd has forgotten where its watch was, and notices what was deleted meanwhile", async () => {
    const maps = configMapsOf(cluster.kubeconfig);
    for (const name of ["stays", "changes", "goes"]) await maps.create(labelled(namespace, name));
    await using proxy = await startKubeProxy(cluster);
    await using reflected = reflect(proxy.kubeconfig, namespace);
    reflected.reflector.start();
    await reflected.reflector.synced();
    await until(() => proxy.requests.length === 2, { what: "the watch" });

    // Away for a while.
    proxy.fault = () => "reset";
    proxy.cut();
    await maps.delete({ namespace, name: "goes" });
    await maps.patch({ namespace, name: "changes" }, { data: { n: "2" } });
    await maps.create(labelled(namespace, "comes"));
    await cluster.controlPlane.etcd.compact();
    const before = reflected.changes.length;
    proxy.fault = () => undefined;

    await until(() => reflected.names().includes("comes"), { what: "the list" });
    expect(reflected.changes.slice(before).sort()).toEqual(["added comes", "deleted goes", "updated changes"]);
    expect(reflected.ended).toContain("gone");
  });
});
