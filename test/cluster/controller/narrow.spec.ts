import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { WebhookEndpoint } from "../../../internal/controller/resource.ts";
import { freePort } from "../../../internal/devstack/free-port.ts";
import { Child } from "../../harness/child.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { installForNamespace, installResources, webhookEndpoint } from "../../harness/install.ts";
import { conditionOf } from "../../harness/operator.ts";
import { Road } from "../../harness/road.ts";
import { temporaryFolder } from "../../harness/temporary.ts";
import { until } from "../../harness/wait.ts";

const cert = (name: string) => path.join(import.meta.dirname, "../../integration/edge/certs", name);
/** What the API is told apart from its plain one: TLS, and a certificate of every client. */
const mutualTls = {
  TLS_CERT_FILE: cert("server-1.pem"),
  TLS_KEY_FILE: cert("server-1.key"),
  TLS_CLIENT_CA_FILE: cert("clients-1.pem"),
};
const clientCertificate = {
  CONTROLLER_API_CLIENT_CERT_FILE: cert("client-1.pem"),
  CONTROLLER_API_CLIENT_KEY_FILE: cert("client-1.key"),
};

let cluster: Cluster;
let road: Road;
let namespace: string;
let apiUrl: string;

/** One that may no more than deploy/rbac/controller-namespaced.yaml says, as that service account. */
async function startController(env: Record<string, string>): Promise<Child> {
  const port = await freePort();
  const child = new Child({
    name: "controller",
    program: "cmd/controller.ts",
    env: {
      METRICS_PORT: String(port),
      KUBECONFIG: await cluster.actAs(namespace, "sealpost-controller"),
      CONTROLLER_NAMESPACES: namespace,
      CONTROLLER_LEASE_NAMESPACE: namespace,
      CONTROLLER_API_URL: apiUrl,
      CONTROLLER_API_KEY: road.tenant.companyKey,
      CONTROLLER_API_CA_FILE: cert("server-ca.pem"),
      ...env,
    },
    metrics: `http://127.0.0.1:${port}`,
  });
  await child.start(60_000);
  return child;
}

async function apply(where: string, name: string): Promise<void> {
  await cluster.apply(webhookEndpoint(where, name, { url: `${road.receiver.url}/${name}`, events: ["*"] }));
}

const get = (name: string, where = namespace) =>
  cluster.get("whe", name, "-n", where) as Promise<WebhookEndpoint | undefined>;

describeCluster("a controller for one namespace, of an API that asks for a client certificate", () => {
  beforeAll(async () => {
    cluster = sharedCluster();
    await installResources(cluster);
    road = await Road.start();
    namespace = await cluster.namespace({ "sealpost.dev/workspace": road.tenant.workspaceId });
    await installForNamespace(cluster, namespace);
    const { grpc } = await road.system.addApi(mutualTls);
    apiUrl = `https://${grpc}`;
  });
  afterAll(() => road?.[Symbol.asyncDispose]());

  it("makes endpoints there, and leaves other namespaces alone", async () => {
    const controller = await startController(clientCertificate);
    const other = await cluster.namespace({ "sealpost.dev/workspace": road.tenant.workspaceId });
    await apply(other, "elsewhere");
    await apply(namespace, "here");
    await cluster.ask("wait", "--for=condition=Ready", "whe/here", "-n", namespace, "--timeout=150s");
    expect((await get("here"))?.status?.endpointID).toMatch(/^whe_/);
    const secret = await cluster.ask("get", "secret", "here-signing", "-n", namespace, "-o", "name");
    expect(secret.trim()).toBe("secret/here-signing");
    const told = () => cluster.ask("get", "events", "-n", namespace, "-o", "jsonpath={.items[*].reason}");
    await until(async () => (await told()).includes("EndpointCreated"), { what: "the event about it" });
    await cluster.ask("delete", "whe", "here", "-n", namespace, "--timeout=150s");
    expect(conditionOf(await get("elsewhere", other), "Ready")).toMatchObject({ status: "Unknown", reason: "Pending" });
    const refused = controller.output().filter((line) => line.includes("forbidden"));
    expect(refused).toEqual([]);
    expect(await controller.terminate()).toBe(0);
  });

  it("says that the API does not answer when it has no certificate to show", async () => {
    const controller = await startController({});
    await apply(namespace, "bare");
    const said = async () => {
      const condition = conditionOf(await get("bare"), "Synced");
      return condition?.reason === "ApiUnavailable" ? condition : undefined;
    };
    const { message } = await until(said, { what: "the condition" });
    expect(message).toMatch(
      /does not answer \(.*certificate required.*\): leave this resource as it is, it goes on within 15 s/s,
    );
    // In good order, so that the next one need not wait for its Lease.
    await controller.terminate();
  });

  it("goes on with the key that its file has, when bootstrap has made another one", async () => {
    const file = path.join(temporaryFolder("api-key"), "key");
    const earlier = { CONTROLLER_API_KEY: "a key of a company that is gone", CONTROLLER_API_KEY_FILE: file };
    const controller = await startController({ ...clientCertificate, ...earlier });
    await apply(namespace, "later");
    const refused = async () => conditionOf(await get("later"), "Synced")?.reason.startsWith("Key");
    await until(refused, { what: "the old key to be refused" });
    writeFileSync(file, `${road.tenant.companyKey}\n`);
    await until(() => controller.output().some((line) => line.includes("the key for the API has changed")), {
      what: "the file to be seen",
    });
    // Refusals are looked at again after a minute; a change of the resource at once.
    await cluster.ask("patch", "whe", "later", "-n", namespace, "--type=merge", "-p", '{"spec":{"description":"x"}}');
    await cluster.ask("wait", "--for=condition=Ready", "whe/later", "-n", namespace, "--timeout=150s");
    await controller.kill();
  });
});
