import { styleText } from "node:util";
import type { ApiError } from "./api-client.ts";
import { type Demonstration, exampleEvent } from "./demo.ts";
import type { Tenant } from "./tenant.ts";

interface Addresses {
  http: string;
  grpc: string;
  receiver: string;
}

/** Headers that every HTTP request has: not worth a line. */
const plainHeaders = new Set([
  "host",
  "connection",
  "content-length",
  "accept",
  "accept-encoding",
  "transfer-encoding",
]);

/** What happened, for somebody who has never seen it. */
export function describeDemo({ endpoint, again, eventId, delivery, verdict }: Demonstration): string {
  const attempt = delivery.attempts.at(-1);
  const took = attempt?.timing?.totalMs === undefined ? "" : ` in ${attempt.timing.totalMs.toFixed(1)} ms`;
  const headers = Object.entries(verdict.headers)
    .filter(([name]) => !plainHeaders.has(name))
    .map(([name, value]) => `    ${styleText("dim", `${name}:`)} ${value}`);
  return [
    `  endpoint   ${endpoint.id} → ${endpoint.url}${again ? " (of an earlier run)" : ""}`,
    `  event      ${eventId}`,
    `  delivery   ${delivery.id}: ${delivery.status} with attempt ${attempt?.number}, HTTP ${attempt?.httpStatus}${took}`,
    "",
    "  The receiver got",
    `    ${verdict.method} ${verdict.path}`,
    ...headers,
    "",
    `    ${verdict.body}`,
    "",
    `  verdict    ${styleText(["green", "bold"], `the signature is valid, made with the secret "${verdict.secret}"`)}`,
  ].join("\n");
}

/** Lines to paste, with this run's ids and keys. `secret` is for a second endpoint. */
export function describeCommands(
  demo: Demonstration,
  tenant: Tenant,
  { http, grpc, receiver }: Addresses,
  secret: string,
): string {
  const bearer = (key: string) => `-H 'authorization: Bearer ${key}'`;
  const post = (key: string, path: string, body: unknown) =>
    `curl -s ${http}${path} ${bearer(key)} \\\n    -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
  const call = (key: string, method: string, body: unknown) =>
    `grpcurl -plaintext ${bearer(key)} \\\n    -d '${JSON.stringify(body)}' ${grpc} sealpost.v1.${method}`;
  const webhooks = `/v1/workspaces/${tenant.workspaceId}/webhooks`;
  // In gRPC's JSON form, bytes are base64; these hold JSON.
  const grpcEvent = { ...exampleEvent, actor: Buffer.from(JSON.stringify(exampleEvent.actor)).toString("base64") };
  const steps: [string, string][] = [
    ["publish an event", post(tenant.workspaceKey, "/v1/events", exampleEvent)],
    [
      "what happened to this endpoint's deliveries",
      `curl -s ${http}/v1/webhooks/${demo.endpoint.id}/deliveries ${bearer(tenant.companyKey)}`,
    ],
    [
      "create another endpoint, with a secret that the receiver knows",
      post(tenant.companyKey, webhooks, { url: receiver, events: ["AUDIT_EVENT_CREATED"], secret }),
    ],
    ["publish an event over gRPC", call(tenant.workspaceKey, "EventService/PublishEvent", grpcEvent)],
    [
      "deliveries over gRPC",
      call(tenant.companyKey, "DeliveryService/ListDeliveries", { webhookId: demo.endpoint.id }),
    ],
  ];
  return steps.map(([what, command]) => `  ${styleText("dim", `# ${what}`)}\n  ${command}`).join("\n\n");
}

/** Why the demonstration's endpoint was refused, in the API's words, and how to go on. */
export function describeRefusal(error: ApiError, tenant: Tenant): string {
  return [
    `  The API refused to create the endpoint: HTTP ${error.status}, ${error.reason}.`,
    `    ${error.message}`,
    "",
    `  The seeded company is on the plan ${tenant.planTier}, and endpoints need GROWTH or ENTERPRISE: that is the plan gate.`,
    "  Run it with SEED_PLAN_TIER=GROWTH (or without the variable) to see a delivery.",
  ].join("\n");
}
