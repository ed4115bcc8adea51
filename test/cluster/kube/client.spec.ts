import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { isConflict, isNotFound, statusOf } from "../../../internal/kube/api-error.ts";
import { NotLeadingError } from "../../../internal/kube/client.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { type Fault, type KubeProxy, startKubeProxy } from "../../harness/kube-proxy.ts";
import { clientOf, configMap, configMapsOf } from "./fixture.ts";

/** What `promise` fails with. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "it did not fail",
    (error: unknown) => error,
  );

describeCluster("the client of the API server", () => {
  let cluster: Cluster;
  let namespace: string;
  let proxy: KubeProxy;
  beforeEach(async () => {
    cluster = sharedCluster();
    namespace = await cluster.namespace();
    proxy = await startKubeProxy(cluster);
  });
  afterEach(async () => proxy[Symbol.asyncDispose]());

  /** These faults for the first requests, in order. */
  function first(...faults: Fault[]): void {
    proxy.fault = () => faults.shift();
  }

  it("makes few connections for many calls", async () => {
    const maps = configMapsOf(proxy.kubeconfig);
    const get = () => maps.get({ namespace, name: "kube-root-ca.crt" });
    for (let call = 0; call < 100; call++) await get();
    // An answer is there a moment before its connection is free again.
    expect(proxy.connections).toBeLessThanOrEqual(2);
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 10 }, get));
    expect(proxy.requests).toHaveLength(200);
    expect(proxy.connections).toBeLessThanOrEqual(20);
  });

  it("creates, reads, changes and deletes", async () => {
    const maps = configMapsOf(cluster.kubeconfig);
    const made = await maps.create(configMap(namespace, "a", { one: "1" }));
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(isConflict(await failure(maps.create(configMap(namespace, "a"))))).toBe(true);
    const replaced = await maps.replace({ ...made, data: { one: "2" } });
    expect(isConflict(await failure(maps.replace({ ...made, data: { one: "3" } })))).toBe(true);
    expect(await maps.get({ namespace, name: "a" })).toEqual(replaced);
    expect((await maps.patch({ namespace, name: "a" }, { data: { one: null, two: "2" } })).data).toEqual({ two: "2" });
    const wrong = { uid: "00000000-0000-0000-0000-000000000000" };
    expect(isConflict(await failure(maps.delete({ namespace, name: "a" }, wrong)))).toBe(true);
    expect(await maps.delete({ namespace, name: "a" }, { uid: made.metadata.uid })).toBe(true);
    expect(await maps.delete({ namespace, name: "a" })).toBe(false);
    expect(await maps.get({ namespace, name: "a" })).toBeUndefined();
    expect(isNotFound(await failure(maps.patch({ namespace, name: "a" }, {})))).toBe(true);
  });

  it("applies its own fields, gives up those that it leaves out, and leaves others' alone", async () => {
    const maps = configMapsOf(cluster.kubeconfig);
    await maps.apply(configMap(namespace, "a", { mine: "1", also: "1" }), "sealpost-test");
    await maps.apply(configMap(namespace, "a", { theirs: "1" }), "somebody");
    await maps.apply(configMap(namespace, "a", { mine: "2" }), "sealpost-test");
    expect((await maps.get({ namespace, name: "a" }))?.data).toEqual({ mine: "2", theirs: "1" });
  });

  it("does not make an object again that is gone, when it says which one it means", async () => {
    const maps = configMapsOf(cluster.kubeconfig);
    const { metadata } = await maps.create(configMap(namespace, "a"));
    await maps.delete(metadata);
    const { uid } = metadata;
    const again = { ...configMap(namespace, "a", { mine: "1" }), metadata: { namespace, name: "a", uid: uid ?? "" } };
    expect(isConflict(await failure(maps.apply(again, "sealpost-test")))).toBe(true);
  });

  it("waits as long as a busy API server asks, and sends it again", async () => {
    const busy = { status: 429, headers: { "retry-after": "1" } };
    first(busy, { status: 429 });
    const startedAt = performance.now();
    await configMapsOf(proxy.kubeconfig).create(configMap(namespace, "a"));
    expect(performance.now() - startedAt).toBeGreaterThan(1000);
    expect(proxy.requests).toHaveLength(3);
  });

  it("repeats what does no harm after failures and broken connections, and nothing else", async () => {
    const maps = configMapsOf(proxy.kubeconfig);
    first({ status: 500 }, "reset", { status: 503 });
    await maps.apply(configMap(namespace, "a", { n: "1" }), "sealpost-test");
    expect(proxy.requests).toHaveLength(4);
    first({ status: 500 });
    expect(statusOf(await failure(maps.create(configMap(namespace, "b"))))).toBe(500);
    expect(proxy.requests).toHaveLength(5);
  });

  it("gives up after five times with the last answer", async () => {
    proxy.fault = () => ({ status: 503, body: "no" });
    const error = await failure(configMapsOf(proxy.kubeconfig, { random: () => 0 }).get({ namespace, name: "a" }));
    expect(error).toMatchObject({ status: 503, message: "the API server answers 503: no" });
    expect(proxy.requests).toHaveLength(5);
  });

  it("does not wait for ever for an answer", async () => {
    proxy.fault = () => "hang";
    const maps = configMapsOf(proxy.kubeconfig, { timeoutMs: 300 });
    expect(await failure(maps.get({ namespace, name: "a" }))).toMatchObject({ name: "TimeoutError" });
    const client = clientOf(proxy.kubeconfig, { timeoutMs: 300 });
    const { signal } = new AbortController();
    expect(await failure(client.open({ path: "/api/v1/configmaps", query: { watch: true }, signal }))).toMatchObject({
      name: "TimeoutError",
    });
  });

  it("changes nothing when this process may not write any more, not even by repeating", async () => {
    let leads = true;
    const maps = configMapsOf(proxy.kubeconfig, { mayWrite: () => leads });
    proxy.fault = () => {
      leads = false;
      return { status: 503 };
    };
    expect(await failure(maps.apply(configMap(namespace, "a"), "sealpost-test"))).toBeInstanceOf(NotLeadingError);
    expect(proxy.requests).toHaveLength(1);
    proxy.fault = () => undefined;
    expect(await maps.get({ namespace, name: "a" })).toBeUndefined();
    expect(await failure(maps.create(configMap(namespace, "a")))).toBeInstanceOf(NotLeadingError);
    expect(proxy.requests).toHaveLength(2);
  });

  it("counts every request with its answer", async () => {
    const counted: string[] = [];
    const observer = { request: (method: string, code: string) => counted.push(`${method} ${code}`) };
    const maps = configMapsOf(proxy.kubeconfig, { observer });
    first({ status: 503 }, "reset");
    await maps.get({ namespace, name: "absent" });
    expect(counted).toEqual(["GET 503", "GET <error>", "GET 404"]);
  });
});
