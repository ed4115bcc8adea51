import { requestHeaders } from "../../internal/delivery/request.ts";
import { newUuid } from "../../internal/domain/ids.ts";
import { createWebhookSender } from "../../internal/egress/webhook-sender.ts";
import { noAllowance } from "../../internal/network/allowance.ts";
import { OutgoingRules } from "../../internal/network/outgoing-rules.ts";
import { newSecretFor, signingKey } from "../../internal/signing/signing-key.ts";

/**
 * What a delivery costs at the very least: sign and POST with the product's own client, 64 at a time, nothing recorded.
 * `node bare-loop.ts <port of the receiver> <seconds>`; prints `{delivered, seconds, processorSeconds}`.
 */
const [port = "", seconds = ""] = process.argv.slice(2);
const parallel = 64;
const sender = createWebhookSender({ rules: new OutgoingRules({ development: true, deny: [] }) });
const keys = [signingKey(newSecretFor("HMAC_SHA256"))];
const endpointId = newUuid();
const url = `http://127.0.0.1:${port}/ok`;
let delivered = 0;

async function deliver(): Promise<void> {
  const ids = { deliveryId: newUuid(), eventId: newUuid(), endpointId };
  const data = `{"n":${delivered},"sent":${Date.now() * 1000},"pad":"`.padEnd(1022, "x");
  const body = Buffer.from(`{"id":"${ids.eventId}","type":"bench.ok","data":${data}"}}`);
  const message = { ...ids, region: "us", attempt: 1, epoch: 0, dueAt: Date.now(), body };
  const headers = requestHeaders(message, ids.deliveryId, { keys, headers: {} }, Date.now(), "Sealpost-bench");
  const result = await sender.send({ url, allowance: noAllowance, headers, body });
  if (result.outcome !== "SUCCESS") throw new Error(`${result.outcome}: ${result.error}`);
  delivered++;
}

async function deliverUntil(end: number): Promise<void> {
  while (Date.now() < end) await deliver();
}

const run = (milliseconds: number) =>
  Promise.all(Array.from({ length: parallel }, () => deliverUntil(Date.now() + milliseconds)));

// The first second compiles the code.
await run(1000);
delivered = 0;
const before = process.cpuUsage();
const startedAt = performance.now();
await run(Number(seconds) * 1000);
const used = process.cpuUsage(before);
console.log(
  JSON.stringify({
    delivered,
    seconds: (performance.now() - startedAt) / 1000,
    processorSeconds: (used.user + used.system) / 1e6,
  }),
);
sender.close();
