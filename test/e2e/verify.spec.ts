import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { KnownSecrets } from "../../internal/receiver/known-secrets.ts";
import { type RunningReceiver, startReceiver } from "../../internal/receiver/receiver.ts";
import { client } from "../harness/client.ts";
import { runCommand } from "../harness/command.ts";
import { type System, startSystem } from "../harness/system.ts";
import type { Tenant } from "../harness/tenant.ts";
import { until } from "../harness/wait.ts";

let system: System;
let tenant: Tenant;
const receivers: RunningReceiver[] = [];

const cert = (name: string) => path.join(import.meta.dirname, "../integration/edge/certs", name);

/** The command receiver, here without a secret, as the chart's; plays `sick`. */
async function receiverUrl(sick = ""): Promise<string> {
  const secrets = new KnownSecrets({ list: "", file: "", complain: () => {} });
  const options = { port: 0, address: "127.0.0.1", secrets, sick, strict: false, onRequest: () => {} };
  const receiver = await startReceiver(options);
  receivers.push(receiver);
  return `http://127.0.0.1:${receiver.port}`;
}

function started(env: Record<string, string>) {
  return runCommand("verify", {
    VERIFY_API_URL: `http://${system.apis[0]?.grpc}`,
    VERIFY_COMPANY_KEY: tenant.companyKey,
    VERIFY_WORKSPACE_KEY: tenant.workspaceKey,
    VERIFY_WORKSPACE_ID: tenant.workspaceId,
    ...env,
  });
}

/** What it printed, with the code that it ended with. */
async function verify(env: Record<string, string>): Promise<string> {
  const command = started(env);
  const code = await command.ended;
  return [...command.lines(), `ended with ${code}`].join("\n");
}

async function endpoints(): Promise<string[]> {
  const company = client(system.apis[0]?.http ?? "", tenant.companyKey);
  const { body } = await company.get<{ webhooks: { id: string }[] }>(`/v1/workspaces/${tenant.workspaceId}/webhooks`);
  return body.webhooks.map(({ id }) => id);
}

describe("verify, which helm test runs", () => {
  beforeAll(async () => {
    system = await startSystem();
    tenant = await system.tenant();
  });
  afterAll(async () => {
    for (const receiver of receivers) receiver.close();
    await system?.stop();
  });

  it("says what happened to its event, and leaves nothing behind", async () => {
    const said = await verify({ VERIFY_RECEIVER_URL: await receiverUrl() });
    expect(said).toMatch(
      new RegExp(
        [
          String.raw`^endpoint (whe_\w+) made, to http://127.0.0.1:\d+/verify`,
          String.raw`event evt_\w+ accepted, for 1 endpoint`,
          String.raw`delivery (whd_\w+), attempt 1: SUCCESS, 200, in \d+ ms, from pod \S+`,
          String.raw`delivery \2 is recorded as SUCCEEDED`,
          "the receiver got it with a genuine signature",
          String.raw`endpoint \1 deleted`,
          String.raw`passed in [\d.]+ s`,
          "ended with 0$",
        ].join("\n"),
      ),
    );
    expect(await endpoints()).toEqual([]);
  });

  it("takes an endpoint that is there, and says what that does not show", async () => {
    const company = client(system.apis[0]?.http ?? "", tenant.companyKey);
    const made = await company.post<{ id: string }>(`/v1/workspaces/${tenant.workspaceId}/webhooks`, {
      url: `${await receiverUrl()}/orders`,
      events: ["invoice.paid"],
    });
    const { id } = made.body;
    expect(await verify({ VERIFY_ENDPOINT_ID: id })).toMatch(
      /takes invoice.paid: add sealpost.verify.*\nended with 1$/,
    );
    await company.patch(`/v1/webhooks/${id}`, { events: ["sealpost.verify"] });
    const said = await verify({ VERIFY_ENDPOINT_ID: id });
    expect(said).toMatch(/recorded as SUCCEEDED\nwhether the signature was right.*\npassed in .*\nended with 0$/);
    expect(await endpoints()).toEqual([id]);
    await company.delete(`/v1/webhooks/${id}`);
    expect(await verify({ VERIFY_ENDPOINT_ID: id })).toMatch(/there is no endpoint whe_.*\nended with 1$/);
  });

  it("shows a certificate to an API that asks for one", async () => {
    const { grpc } = await system.addApi({
      TLS_CERT_FILE: cert("server-1.pem"),
      TLS_KEY_FILE: cert("server-1.key"),
      TLS_CLIENT_CA_FILE: cert("clients-1.pem"),
    });
    const tls = { VERIFY_API_URL: `https://${grpc}`, VERIFY_API_CA_FILE: cert("server-ca.pem") };
    const shown = {
      VERIFY_API_CLIENT_CERT_FILE: cert("client-1.pem"),
      VERIFY_API_CLIENT_KEY_FILE: cert("client-1.key"),
    };
    const receiver = { VERIFY_RECEIVER_URL: await receiverUrl() };
    expect(await verify({ ...receiver, ...tls, ...shown })).toMatch(/^passed in .*\nended with 0$/m);
    const { VERIFY_API_CLIENT_KEY_FILE: _key, ...half } = shown;
    expect(await verify({ ...receiver, ...tls, ...half })).toMatch(
      /needs VERIFY_API_CLIENT_KEY_FILE.*\n.*\nended with 2$/,
    );
  });

  it("fails with where to look: at the receiver, at the delivery pods, at the API", async () => {
    const gone = await verify({ VERIFY_RECEIVER_URL: await receiverUrl("/status/410") });
    expect(gone).toMatch(/is FAILED \(GONE\) after attempt 1: HTTP_4XX, 410, .*\nended with 1$/);
    const url = await receiverUrl("/hang");
    const stopped = started({ VERIFY_RECEIVER_URL: url });
    await until(() => stopped.lines().some((line) => line.startsWith("event")), {
      what: "it to wait for its delivery",
    });
    stopped.kill("SIGTERM");
    expect(await stopped.ended).toBe(1);
    expect(stopped.lines().join("\n")).toMatch(/deleted\nSIGTERM: nothing was verified$/);

    await system.deliveries[0]?.kill();
    const waits = await verify({ VERIFY_RECEIVER_URL: url, VERIFY_TIMEOUT: "8s" });
    expect(waits).toMatch(/is PENDING, and nothing was tried: look at the delivery pods of region us.*\nended with 1$/);
    await system.apis[0]?.kill();
    const away = await verify({ VERIFY_RECEIVER_URL: url, VERIFY_TIMEOUT: "5s" });
    expect(away).toMatch(
      /^waiting for the API at http:.*: nobody listens there: .*\n(.*\n)*time is up, .*\nended with 1$/,
    );
  });
});
