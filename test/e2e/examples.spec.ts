import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { freePort } from "../../internal/devstack/free-port.ts";
import { client } from "../harness/client.ts";
import { type System, startSystem } from "../harness/system.ts";
import type { Tenant } from "../harness/tenant.ts";
import { until } from "../harness/wait.ts";

// What README tells a reader to paste, run as it stands in docs/examples.
let system: System;
let tenant: Tenant;
let receiver: ChildProcess | undefined;

beforeAll(async () => {
  system = await startSystem();
  tenant = await system.tenant();
});

afterAll(async () => {
  receiver?.kill("SIGKILL");
  await system?.stop();
});

async function publish(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["docs/examples/publish.ts"], {
    env: { SEALPOST_GRPC: system.apis[0]?.grpc, SEALPOST_KEY: tenant.workspaceKey },
  });
  return stdout;
}

it("publishes over gRPC what the receiver in Node verifies, and the same event when it is repeated", async () => {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const port = await freePort();
  let said = "";
  receiver = spawn(process.execPath, ["docs/examples/verify.ts"], {
    env: { WEBHOOK_SECRET: secret, PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  receiver.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until(() => said.includes("listening"), { what: "the example receiver to listen" });

  const company = client(system.apis[0]?.http ?? "", tenant.companyKey);
  const made = await company.post(`/v1/workspaces/${tenant.workspaceId}/webhooks`, {
    url: `http://localhost:${port}/`,
    events: ["invoice.paid"],
    secret,
  });
  expect(made.status).toBe(200);

  const first = await publish();
  expect(first).toMatch(/^evt_\w{26} \(invoice\.paid\) goes to 1 endpoint\(s\)\n$/);
  expect(await publish()).toBe(first);
  const eventId = first.split(" ")[0];
  await until(() => said.includes(`verified ${eventId} invoice.paid`), { what: "the example receiver to verify it" });
});
