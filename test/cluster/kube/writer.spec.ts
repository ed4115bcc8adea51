import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { ResourceClient } from "../../../internal/kube/resource-client.ts";
import { ObjectWriter } from "../../../internal/kube/writer.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { type KubeProxy, startKubeProxy } from "../../harness/kube-proxy.ts";
import { clientOf, configMap, configMaps } from "./fixture.ts";
import { serveWidgets, type Widget, widgets } from "./widgets.ts";

describeCluster("writes of a controller", () => {
  let cluster: Cluster;
  let namespace: string;
  let proxy: KubeProxy;
  let resource: ResourceClient<Widget>;
  let writer: ObjectWriter<Widget>;
  beforeEach(async () => {
    cluster = sharedCluster();
    namespace = await cluster.namespace();
    await serveWidgets(cluster);
    proxy = await startKubeProxy(cluster);
    resource = new ResourceClient(clientOf(proxy.kubeconfig), widgets);
    writer = new ObjectWriter(resource, "sealpost-test");
  });
  afterEach(async () => proxy[Symbol.asyncDispose]());

  const widget = (): Promise<Widget> => resource.create({ metadata: { namespace, name: "a" }, spec: { size: 1 } });
  const now = async (): Promise<Widget> => (await resource.get({ namespace, name: "a" })) as Widget;
  const writes = () => proxy.requests.filter((request) => !request.startsWith("GET")).length;

  it("change a status, and nothing when it is so already", async () => {
    const status = { observedGeneration: 1, note: "new", conditions: [{ type: "Ready", status: "False" }] };
    expect(await writer.applyStatus(await widget(), status)).toBe("written");
    const written = await now();
    expect(written.status).toEqual(status);
    const before = writes();
    expect(await writer.applyStatus(written, status)).toBe("unchanged");
    expect(writes()).toBe(before);
  });

  it("leave conditions of others in a status, and drop fields that are not wanted any more", async () => {
    const ready = { type: "Ready", status: "True" };
    const healthy = { type: "Healthy", status: "False" };
    await writer.applyStatus(await widget(), { note: "first", conditions: [ready] });
    const theirs = new ObjectWriter(resource, "somebody");
    const { name, uid } = (await now()).metadata;
    await resource.applyStatus(
      { metadata: { namespace, name, uid: uid ?? "" }, status: { conditions: [healthy] } },
      "somebody",
    );
    expect(await theirs.applyStatus(await now(), { note: "first", conditions: [healthy] })).toBe("unchanged");
    expect(await writer.applyStatus(await now(), { conditions: [ready] })).toBe("written");
    expect((await now()).status).toEqual({ conditions: [ready, healthy] });
  });

  it("are given up when the object was changed, deleted or made anew since it was seen", async () => {
    const seen = await widget();
    await resource.patch(seen.metadata, { spec: { size: 2 } });
    expect(await writer.applyStatus(seen, { note: "late" })).toBe("stale");
    expect(await writer.addFinalizer(seen, "sealpost.dev/test")).toBe("stale");
    const changed = await now();
    await resource.delete(seen.metadata);
    expect(await writer.applyStatus(changed, { note: "late" })).toBe("stale");
    expect(await writer.apply(changed, { metadata: { namespace, name: "a" }, spec: { size: 3 } })).toBe("stale");
    expect(await writer.addFinalizer(changed, "sealpost.dev/test")).toBe("stale");
    await widget();
    expect(await writer.applyStatus(changed, { note: "late" })).toBe("stale");
    expect((await now()).status).toBeUndefined();
  });

  it("hold an object that is deleted until its finalizer is taken off, and let other finalizers be", async () => {
    await widget();
    await writer.addFinalizer(await now(), "example.com/other");
    expect(await writer.addFinalizer(await now(), "sealpost.dev/test")).toBe("written");
    expect(await writer.addFinalizer(await now(), "sealpost.dev/test")).toBe("unchanged");
    await resource.delete({ namespace, name: "a" });
    expect(await writer.removeFinalizer(await now(), "sealpost.dev/test")).toBe("written");
    expect(await now()).toMatchObject({
      metadata: { deletionTimestamp: expect.anything(), finalizers: ["example.com/other"] },
    });
    expect(await writer.removeFinalizer(await now(), "example.com/other")).toBe("written");
    expect(await resource.get({ namespace, name: "a" })).toBeUndefined();
  });

  it("make an object that is not there, and change it only where it differs", async () => {
    const maps = new ResourceClient(clientOf(proxy.kubeconfig), configMaps);
    const mapWriter = new ObjectWriter(maps, "sealpost-test");
    const wanted = configMap(namespace, "made", { a: "1" });
    expect(await mapWriter.apply(undefined, wanted)).toBe("written");
    const made = await maps.get(wanted.metadata);
    expect(await mapWriter.apply(made, wanted)).toBe("unchanged");
    expect(await mapWriter.apply(made, configMap(namespace, "made", { a: "2" }))).toBe("written");
    expect((await maps.get(wanted.metadata))?.data).toEqual({ a: "2" });
  });
});
