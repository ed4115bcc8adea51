import { Channel } from "../internal/apiclient/channel.ts";
import { VerificationClient } from "../internal/apiclient/verification-client.ts";
import { readSettings } from "../internal/config/read.ts";
import { runCommand } from "../internal/lifecycle/run.ts";
import { RemoteReceiver } from "../internal/receiver/remote-receiver.ts";
import { clientCertificate } from "../internal/tls/client-certificate.ts";
import { type Target, verifyDelivery } from "../internal/verification/verify-delivery.ts";

/** Publishes an event and waits until its delivery is recorded as SUCCEEDED: what `helm test` runs. */
await runCommand(async () => {
  const settings = readSettings([
    "SEALPOST_MODE",
    "ALLOW_PLAINTEXT_API",
    "VERIFY_API_URL",
    "VERIFY_API_CA_FILE",
    "VERIFY_API_CLIENT_CERT_FILE",
    "VERIFY_API_CLIENT_KEY_FILE",
    "VERIFY_COMPANY_KEY",
    "VERIFY_WORKSPACE_KEY",
    "VERIFY_WORKSPACE_ID",
    "VERIFY_RECEIVER_URL",
    "VERIFY_ENDPOINT_ID",
    "VERIFY_TIMEOUT",
  ]);
  const startedAt = Date.now();
  const deadline = startedAt + settings.VERIFY_TIMEOUT;
  const say = (text: string) => console.log(text);
  const { VERIFY_API_URL: url } = settings;
  const tls = clientCertificate("VERIFY", settings);
  const company = new Channel({ url, key: settings.VERIFY_COMPANY_KEY, tls });
  const workspace = new Channel({ url, key: settings.VERIFY_WORKSPACE_KEY, tls });
  const api = new VerificationClient(company, workspace, { api: { url, client: "VERIFY" }, deadline, say });
  const target: Target = settings.VERIFY_ENDPOINT_ID
    ? { endpointId: settings.VERIFY_ENDPOINT_ID }
    : { workspaceId: settings.VERIFY_WORKSPACE_ID, receiver: new RemoteReceiver(settings.VERIFY_RECEIVER_URL) };
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => stopping.abort(new Error(`${signal}: nothing was verified`)));
  }
  try {
    await verifyDelivery({ api, target, deadline, say, signal: stopping.signal });
    say(`passed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  } finally {
    company.close();
    workspace.close();
  }
});
