import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { conditionOf, Operator } from "../../harness/operator.ts";
import { until } from "../../harness/wait.ts";

let operator: Operator;

/** The request for an event at the receiver's path. */
function received(name: string, id: string) {
  const { requests } = operator.road.receiver;
  return requests.find((request) => request.path === `/${name}` && request.headers["webhook-id"] === id);
}

async function delivered(name: string): Promise<{ body: Buffer; headers: Record<string, string> }> {
  const id = await operator.road.publish();
  const request = await until(() => received(name, id), { what: `${id} at ${name}` });
  return { body: request.body, headers: request.headers as Record<string, string> };
}

describeCluster("the road of a WebhookEndpoint", () => {
  beforeAll(async () => {
    operator = await Operator.start({ env: { CONTROLLER_RESYNC: "2s" } });
  });
  afterAll(() => operator?.[Symbol.asyncDispose]());

  it("leads from a label and an apply to a delivery that its Secret verifies", async () => {
    const namespace = await operator.cluster.namespace();
    await operator.apply(namespace, "orders");
    expect(await operator.condition(namespace, "orders", "Accepted", "NamespaceNotBound")).toMatchObject({
      status: "False",
      message: expect.stringContaining(`kubectl label namespace ${namespace} sealpost.dev/workspace=`),
    });
    await operator.cluster.ask(
      "label",
      "namespace",
      namespace,
      `sealpost.dev/workspace=${operator.road.tenant.workspaceId}`,
    );
    const { status, metadata } = await operator.wait(namespace, "orders");
    expect(status).toMatchObject({
      observedGeneration: 1,
      endpointID: expect.stringMatching(/^whe_/),
      workspaceID: operator.road.tenant.workspaceId,
      region: "us",
      signing: { secretRef: { name: "orders-signing", key: "secret" }, activeKeyID: expect.stringMatching(/^whk_/) },
    });
    expect(metadata.finalizers).toEqual(["sealpost.dev/endpoint"]);
    const { body, headers } = await delivered("orders");
    const secret = await operator.secret(namespace, "orders-signing");
    expect(new Webhook(secret ?? "").verify(body.toString(), headers)).toMatchObject({ type: "test.event" });
    await operator.condition(namespace, "orders", "Healthy", "Delivering");
  });

  it("goes on through an edit, a pause, a rotation and the end", async () => {
    const namespace = await operator.namespace();
    await operator.apply(namespace, "books");
    await operator.wait(namespace, "books");
    const first = (await operator.secret(namespace, "books-signing")) ?? "";
    await delivered("books");

    await operator.apply(namespace, "books", { url: `${operator.road.receiver.url}/moved`, description: "moved" });
    await operator.condition(namespace, "books", "Ready", "Ready");
    await delivered("moved");

    await operator.apply(namespace, "books", { url: `${operator.road.receiver.url}/moved`, paused: true });
    await operator.condition(namespace, "books", "Ready", "Paused");
    const { endpointID } = (await operator.get(namespace, "books"))?.status ?? {};
    const shown = () =>
      operator.road.company.get<{ status: string; description?: string }>(`/v1/webhooks/${endpointID}`);
    expect((await shown()).body).toMatchObject({ status: "DISABLED" });
    await operator.apply(namespace, "books", { url: `${operator.road.receiver.url}/moved` });
    await operator.condition(namespace, "books", "Ready", "Ready");

    await operator.cluster.ask("annotate", "whe", "books", "-n", namespace, "sealpost.dev/rotate=today");
    const changed = async () => (await operator.secret(namespace, "books-signing")) !== first;
    await until(changed, { what: "another secret" });
    expect(await operator.secret(namespace, "books-signing", "previous")).toBe(first);
    const rotated = async () => (await operator.get(namespace, "books"))?.status?.signing?.previousKeyExpiresAt;
    await until(rotated, { what: "the rotation to be handed over" });
    const { body, headers } = await delivered("moved");
    for (const key of ["secret", "previous"]) {
      const secret = (await operator.secret(namespace, "books-signing", key)) ?? "";
      expect(new Webhook(secret).verify(body.toString(), headers)).toMatchObject({ type: "test.event" });
    }

    await operator.cluster.ask("delete", "whe", "books", "-n", namespace, "--timeout=150s");
    expect((await shown()).status).toBe(404);
    await until(async () => (await operator.secret(namespace, "books-signing")) === undefined, {
      what: "its Secret to be collected",
    });
  });

  it("takes URL, headers and signing secret from Secrets, and follows them", async () => {
    const namespace = await operator.namespace();
    const secret = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`;
    const write = (token: string, byte: number) =>
      operator.cluster.apply({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "hooks", namespace },
        stringData: { url: `${operator.road.receiver.url}/quiet`, token, signing: secret(byte) },
      });
    const ref = (key: string) => ({ secretKeyRef: { name: "hooks", key } });
    const spec = {
      url: undefined,
      urlFrom: ref("url"),
      headers: [{ name: "Authorization", valueFrom: ref("token") }],
      signing: { secretRef: { name: "hooks", key: "signing" } },
    };
    await operator.apply(namespace, "quiet", spec);
    expect(await operator.condition(namespace, "quiet", "ResolvedRefs", "SecretNotFound")).toMatchObject({
      message: expect.stringMatching(
        /^spec.urlFrom refers to Secret hooks, which is not there: make it in this namespace;/,
      ),
    });
    await write("Bearer one", 1);
    await operator.wait(namespace, "quiet");
    const first = await delivered("quiet");
    expect(first.headers.authorization).toBe("Bearer one");
    expect(new Webhook(secret(1)).verify(first.body.toString(), first.headers)).toMatchObject({ type: "test.event" });

    await write("Bearer two", 2);
    const signedByBoth = async () => {
      const { body, headers } = await delivered("quiet");
      const verifies = (byte: number) => {
        try {
          return Boolean(new Webhook(secret(byte)).verify(body.toString(), headers));
        } catch {
          return false;
        }
      };
      return headers.authorization === "Bearer two" && verifies(1) && verifies(2);
    };
    await until(signedByBoth, { what: "the new token and both signatures" });
    expect(JSON.stringify(await operator.get(namespace, "quiet"))).not.toContain('/quiet"');
  });

  it("leaves the endpoint where it is to stay, and adopts it again", async () => {
    const namespace = await operator.namespace();
    await operator.apply(namespace, "kept", { deletionPolicy: "Retain" });
    const { status } = await operator.wait(namespace, "kept");
    const id = status?.endpointID ?? "";
    const secret = await operator.secret(namespace, "kept-signing");
    await operator.cluster.ask("delete", "whe", "kept", "-n", namespace, "--timeout=150s");
    const shown = await operator.road.company.get<{ managedBy?: object }>(`/v1/webhooks/${id}`);
    expect(shown.status).toBe(200);
    expect(shown.body.managedBy).toBeUndefined();
    const retained = `EndpointRetained: endpoint ${id} stays, managed by nobody`;
    await until(async () => (await operator.events(namespace, "kept")).includes(retained), {
      what: "the event about it",
    });

    await operator.apply(namespace, "kept", { externalID: id });
    expect((await operator.wait(namespace, "kept")).status).toMatchObject({ endpointID: id });
    expect(await operator.secret(namespace, "kept-signing")).toBe(secret);
    await delivered("kept");

    await operator.apply(namespace, "thief", { externalID: id });
    expect(await operator.condition(namespace, "thief", "Synced", "Conflict")).toMatchObject({
      status: "False",
      message: expect.stringContaining(`is managed by WebhookEndpoint ${namespace}/kept`),
    });
    await operator.cluster.ask("delete", "whe", "thief", "-n", namespace, "--timeout=150s");
    expect((await operator.road.company.get(`/v1/webhooks/${id}`)).status).toBe(200);
  });

  it("signs with the Secret that was left behind, when its resource is made anew", async () => {
    const namespace = await operator.namespace();
    await operator.apply(namespace, "again", { deletionPolicy: "Retain" });
    const { status: before } = await operator.wait(namespace, "again");
    const secret = await operator.secret(namespace, "again-signing");
    await operator.cluster.ask("delete", "whe", "again", "-n", namespace, "--timeout=30s");
    await operator.apply(namespace, "again");
    const { status } = await operator.wait(namespace, "again");
    expect(status?.endpointID).not.toBe(before?.endpointID);
    expect(await operator.secret(namespace, "again-signing")).toBe(secret);
  });

  it("puts right what is changed over the API, which refuses it unless it is forced", async () => {
    const namespace = await operator.namespace();
    const ours = { headers: [{ name: "X-Team", value: "books" }] };
    await operator.apply(namespace, "steady", ours);
    const { status } = await operator.wait(namespace, "steady");
    const path = `/v1/webhooks/${status?.endpointID}`;
    const refused = await operator.road.company.patch(path, { url: "http://localhost:1/evil" });
    expect(refused.text).toContain(`managed by the Kubernetes resource WebhookEndpoint ${namespace}/steady`);
    expect((await operator.road.company.patch(path, { url: "http://localhost:1/evil", force: true })).status).toBe(200);
    await until(
      async () =>
        (await operator.road.company.get<{ url: string }>(path)).body.url === `${operator.road.receiver.url}/steady`,
      { what: "the URL to be put right" },
    );
    await until(
      async () => (await operator.events(namespace, "steady")).join().includes("DriftCorrected: url of endpoint"),
      {
        what: "the event about it",
      },
    );
    // Values are never shown, so that it is seen by their version.
    const theirs = { headers: { "x-team": "evil" }, force: true };
    expect((await operator.road.company.patch(path, theirs)).status).toBe(200);
    await until(async () => (await delivered("steady")).headers["x-team"] === "books", {
      what: "the header to be put right",
    });
    await operator.told(namespace, "steady", "DriftCorrected: headers of endpoint");
    expect((await operator.road.company.delete(`${path}?force=true`)).status).toBe(200);
    const again = async () => {
      const found = await operator.get(namespace, "steady");
      return found?.status?.endpointID !== status?.endpointID && conditionOf(found, "Ready")?.status === "True";
    };
    await until(again, { what: "another endpoint in its place" });
  });

  it("ends with its namespace", async () => {
    const namespace = await operator.namespace();
    await operator.apply(namespace, "one");
    const { status } = await operator.wait(namespace, "one");
    await operator.cluster.ask("delete", "namespace", namespace, "--timeout=150s");
    expect((await operator.road.company.get(`/v1/webhooks/${status?.endpointID}`)).status).toBe(404);
  });
});
