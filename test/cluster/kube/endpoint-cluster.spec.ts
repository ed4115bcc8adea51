import { afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import type { WebhookEndpoint, WebhookEndpointStatus } from "../../../internal/controller/resource.ts";
import { isConflict, isNotFound } from "../../../internal/kube/api-error.ts";
import type { KubeClient } from "../../../internal/kube/client.ts";
import { EndpointCluster, webhookEndpoints } from "../../../internal/kube/endpoint-cluster.ts";
import { EventRecorder } from "../../../internal/kube/event-recorder.ts";
import { ResourceClient } from "../../../internal/kube/resource-client.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { installResources, webhookEndpoint } from "../../harness/install.ts";
import { clientOf } from "./fixture.ts";

describeCluster("what the controller writes to a WebhookEndpoint", () => {
  let cluster: Cluster;
  let namespace: string;
  let endpoints: ResourceClient<WebhookEndpoint>;
  let writes: EndpointCluster;
  beforeAll(() => installResources(sharedCluster()));
  beforeEach(async () => {
    cluster = sharedCluster();
    namespace = await cluster.namespace();
    const client: KubeClient = clientOf(cluster.kubeconfig);
    endpoints = new ResourceClient(client, webhookEndpoints);
    const options = { controller: "sealpost.dev/test", instance: "test", onError: () => {} };
    writes = new EndpointCluster(client, new EventRecorder({ client, ...options }));
  });
  afterEach(async () => {
    const left = await endpoints.get({ namespace, name: "a" });
    if (left) await endpoints.patch(left.metadata, { metadata: { finalizers: null } });
  });

  const make = () =>
    endpoints.create(webhookEndpoint(namespace, "a", { url: "https://example.com", events: ["*"] }) as WebhookEndpoint);
  const now = async () => (await endpoints.get({ namespace, name: "a" })) as WebhookEndpoint;
  const failure = (write: Promise<unknown>) => write.then(() => undefined).catch((error: unknown) => error);
  const status = (description: string, more: WebhookEndpointStatus = {}): WebhookEndpointStatus => ({
    observedGeneration: 1,
    region: description,
    ...more,
  });

  it("is given up when it was changed, deleted or made anew since it was seen", async () => {
    const seen = await make();
    await endpoints.patch(seen.metadata, { spec: { description: "another" } });
    expect(isConflict(await failure(writes.writeStatus(seen, status("late"))))).toBe(true);
    expect(isConflict(await failure(writes.setFinalizer(seen, true)))).toBe(true);
    const changed = await now();
    await endpoints.delete(seen.metadata);
    expect(isNotFound(await failure(writes.writeStatus(changed, status("late"))))).toBe(true);
    expect(isNotFound(await failure(writes.setFinalizer(changed, true)))).toBe(true);
    await make();
    expect(isConflict(await failure(writes.writeStatus(changed, status("late"))))).toBe(true);
    expect(isConflict(await failure(writes.setFinalizer(changed, true)))).toBe(true);
    expect((await now()).status?.region).toBeUndefined();
  });

  it("leaves conditions of others in a status, and drops fields that are not wanted any more", async () => {
    const condition = (type: string) => ({
      type,
      status: "True" as const,
      observedGeneration: 1,
      lastTransitionTime: "2026-11-24T00:00:00Z",
      reason: "Test",
      message: "",
    });
    await writes.writeStatus(await make(), status("us", { conditions: [condition("Ready")] }));
    const theirs = { metadata: { namespace, name: "a" }, status: { conditions: [condition("Example")] } };
    await endpoints.applyStatus(theirs as unknown as WebhookEndpoint, "somebody");
    await writes.writeStatus(await now(), { observedGeneration: 1, conditions: [condition("Ready")] });
    const { region, conditions } = (await now()).status ?? {};
    expect(region).toBeUndefined();
    expect(conditions?.map(({ type }) => type)).toEqual(expect.arrayContaining(["Ready", "Example"]));
  });

  it("holds a deleted resource until its finalizer is taken off, and lets other finalizers be", async () => {
    const made = await make();
    await endpoints.patch(made.metadata, { metadata: { finalizers: ["example.com/other"] } });
    const held = await writes.setFinalizer(await now(), true);
    expect(held.metadata.finalizers).toEqual(["example.com/other", "sealpost.dev/endpoint"]);
    await endpoints.delete(made.metadata);
    await writes.setFinalizer(await now(), false);
    expect((await now()).metadata).toMatchObject({
      deletionTimestamp: expect.anything(),
      finalizers: ["example.com/other"],
    });
  });
});
