import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { client } from "../../harness/client.ts";
import { type Cluster, type KubeObject, sharedCluster } from "../../harness/cluster.ts";
import { type Command, runCommand } from "../../harness/command.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { type System, startSystem } from "../../harness/system.ts";
import { until } from "../../harness/wait.ts";

const rbac = new URL("../../../deploy/rbac/bootstrap.yaml", import.meta.url);

let system: System;
let cluster: Cluster;
let namespace: string;
/** What the Job gets. */
let env: Record<string, string>;

interface Secret extends KubeObject {
  data: Record<string, string>;
}

async function secret(name: string): Promise<Record<string, string>> {
  const found = await cluster.get<Secret>("secret", name, "-n", namespace);
  const entries = Object.entries(found?.data ?? {});
  return Object.fromEntries(entries.map(([field, value]) => [field, Buffer.from(value, "base64").toString()]));
}

/** What it printed, with the code that it ended with. */
async function finished(command: Command): Promise<string> {
  const code = await command.ended;
  return [...command.lines(), `ended with ${code}`].join("\n");
}

function admin<T>(path: string): Promise<T> {
  return client(system.apis[0]?.http ?? "", system.adminKey)
    .get<T>(path)
    .then(({ body }) => body);
}

const companies = () => admin<{ companies: { id: string; name: string; ipAllowlist: string[] }[] }>("/v1/companies");

/** How many of the company's keys are good. */
async function goodKeys(companyId: string): Promise<number> {
  const { apiKeys } = await admin<{ apiKeys: { revokeTime?: string }[] }>(
    `/v1/companies/${companyId}/keys?pageSize=100`,
  );
  return apiKeys.filter(({ revokeTime }) => revokeTime === undefined).length;
}

/** What an answer with this key has as its status: its permission to read endpoints. */
async function reads(key: string | undefined, workspaceId: string | undefined): Promise<number> {
  const company = client(system.apis[0]?.http ?? "", key ?? "");
  return (await company.get(`/v1/workspaces/${workspaceId}/webhooks`)).status;
}

describeCluster("bootstrap", () => {
  beforeAll(async () => {
    cluster = sharedCluster();
    [system, namespace] = await Promise.all([startSystem({ deliveries: 0 }), cluster.namespace()]);
    const text = readFileSync(rbac, "utf8").replaceAll("namespace: sealpost-system", `namespace: ${namespace}`);
    const { code, stderr } = await cluster.kubectl(["apply", "-f", "-"], text);
    if (code !== 0) throw new Error(stderr);
    env = {
      // The rights that it has in earnest, and no others.
      KUBECONFIG: await cluster.actAs(namespace, "sealpost-bootstrap"),
      SEALPOST_ADMIN_KEY: system.adminKey,
      BOOTSTRAP_API_URL: `http://${system.apis[0]?.grpc}`,
      BOOTSTRAP_REGION: "us",
      BOOTSTRAP_NAMESPACE: namespace,
      BOOTSTRAP_ALLOWED_CIDRS: "127.0.0.0/8,::1/128",
      BOOTSTRAP_CONTROLLER_SECRET: "sealpost-controller",
    };
  });
  afterAll(() => system?.stop());

  it("waits for the API, and leaves one of everything though it is killed and runs twice at once", async () => {
    const [api] = system.apis;
    await api?.kill();
    const first = runCommand("bootstrap", env);
    const waiting =
      `waiting for the API at ${env["BOOTSTRAP_API_URL"]}: nobody listens there: look whether its pods are ready, ` +
      "and at what they log; is BOOTSTRAP_API_URL right?";
    await until(() => first.lines().some((line) => line.startsWith(waiting)), {
      what: "it to say that it waits",
    });
    await api?.start();
    await until(() => first.lines().some((line) => /^company com_\S+ made/.test(line)), {
      what: "the company to be made",
    });
    first.kill("SIGKILL");
    await first.ended;

    // The killed one's Lease has to end first.
    const both = [runCommand("bootstrap", env), runCommand("bootstrap", env)];
    for (const each of both) {
      expect(await finished(each)).toMatch(/^done: company com_.* keys in .*sealpost-keys and .*\nended with 0$/m);
    }

    const [company, ...others] = (await companies()).companies;
    expect(others).toEqual([]);
    expect(company).toMatchObject({ name: "default", ipAllowlist: ["127.0.0.0/8", "::1/128"] });
    const { companyId, companyKey, workspaceId, workspaceKey } = await secret("sealpost-keys");
    expect(companyId).toBe(company?.id);
    expect(await goodKeys(companyId ?? "")).toBe(3);
    expect(await reads(companyKey, workspaceId)).toBe(200);
    const published = await client(api?.http ?? "", workspaceKey ?? "").post("/v1/events", { eventType: "a", data: 1 });
    expect(published.status).toBe(200);
    const { key } = await secret("sealpost-controller");
    expect(await reads(key, workspaceId)).toBe(200);
    // No permission that a controller does not need.
    const log = await client(api?.http ?? "", key ?? "").get<{ message: string }>(`/v1/companies/${companyId}/audit`);
    expect(log.body.message).toContain("READ_AUDIT");
    // And nobody finds a key in what it printed.
    expect(both.flatMap((each) => each.lines()).join()).not.toMatch(/sp[cw]_live_/);
  });

  it("makes a deleted Secret's keys anew, and tells of what else is wrong", async () => {
    const { key } = await secret("sealpost-controller");
    const { companyId, workspaceId } = await secret("sealpost-keys");
    await until(async () => (await reads(key, workspaceId)) === 200, { what: "the key to have been used" });
    await cluster.ask("delete", "secret", "sealpost-controller", "-n", namespace);
    expect(await finished(runCommand("bootstrap", env))).toContain("has been used: revoke it when nobody needs it");
    const again = (await secret("sealpost-controller"))["key"];
    expect(again).not.toBe(key);
    expect(await reads(again, workspaceId)).toBe(200);
    expect(await goodKeys(companyId ?? "")).toBe(4);

    const wrongKey = runCommand("bootstrap", { ...env, SEALPOST_ADMIN_KEY: "another operator's key" });
    expect(await finished(wrongKey)).toMatch(/SEALPOST_ADMIN_KEY must be .*\nended with 1$/);
    const noRights = runCommand("bootstrap", { ...env, BOOTSTRAP_CONTROLLER_SECRET: "another" });
    expect(await finished(noRights)).toMatch(/"another" is forbidden.* deploy\/rbac\/bootstrap.yaml .*\nended with 1$/);
  });
});
