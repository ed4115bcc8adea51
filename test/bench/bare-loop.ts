import { requestHeaders } from "../../internal/delivery/request.ts";
import { newUuid } from "../../internal/domain/ids.ts";
import { createWebhookSender } from "../../internal/egress/webhook-sender.ts";
import { noAllowance } from "../../internal/network/allowance.ts";
import { type Cidr, parseCidr } from "../../internal/network/cidr.ts";
import { OutgoingRules } from "../../internal/network/outgoing-rules.ts";
import { newSecretFor, signingKey } from "../../internal/signing/signing-key.ts";

const unguarded = { refuseHost: () => undefined, refuseAddress: () => undefined };

/**
 * What a delivery costs at the very least: sign and POST with the product's own client, 64 at a time, nothing recorded.
 * `node bare-loop.ts <port of the receiver> <seconds> [guarded|unguarded] [kept|new]`, the last being its connections;
 * prints `{delivered, seconds, processorSeconds}`.
 */
const [port = "", seconds = "", guard = "guarded", connections = "kept"] = process.argv.slice(2);
const parallel = 64;
const sender = createWebhookSender({ rules: guard === "guarded" ? guarded() : unguarded });
const keys = [signingKey(newSecretFor("HMAC_SHA256"))];
const endpointId = newUuid();
const url = `http://localhost:${port}/ok`;
const connection = connections === "new" ? { connection: "close" } : {};
let delivered = 0;

async function deliver(): Promise<void> {
  const ids = { deliveryId: newUuid(), eventId: newUuid(), endpointId };
  const data = `{"n":${delivered},"sent":${Date.now() * 1000},"pad":"`.padEnd(1022, "x");
  const body = Buffer.from(`{"id":"${ids.eventId}","type":"bench.ok","data":${data}"}}`);
  const message = { ...ids, region: "us", attempt: 1, epoch: 0, dueAt: Date.now(), body };
  const headers = requestHeaders(message, ids.deliveryId, { keys, headers: {} }, Date.now(), "Sealpost-bench");
  const result = await sender.send({ url, allowance: noAllowance, headers: { ...headers, ...connection }, body });
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

/**
 * The rules of production with a list of the operator's, at the work that a public receiver makes: whatever is asked, a
 * public name and a public address are judged.
 */
function guarded(): Pick<OutgoingRules, "refuseHost" | "refuseAddress"> {
  const deny = Array.from({ length: 20 }, (_, i) => parseCidr(`10.${i}.0.0/16`) as Cidr);
  const rules = new OutgoingRules({ development: false, deny });
  const journey = { secure: true, allowance: noAllowance };
  return {
    refuseHost: () => rules.refuseHost("hooks.customer.example.com", journey),
    refuseAddress: (text) => rules.refuseAddress(text.includes(":") ? "2a00:1450:4001::1" : "142.250.1.1", journey),
  };
}
