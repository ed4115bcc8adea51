import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, callApi } from "./api-client.ts";
import type { StateFolder } from "./state-folder.ts";
import type { Tenant } from "./tenant.ts";

/** What the receiver found about one request. */
export interface Verdict {
  webhookId: string;
  verified: boolean;
  /** The name of the secret that matched. */
  secret: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** As it says it itself, for a person. */
  text: string;
}

/** An endpoint as the API shows it, as far as the demonstration goes. */
interface Endpoint {
  id: string;
  url: string;
  status: string;
  secret?: string;
}

interface Delivery {
  id: string;
  eventId: string;
  status: string;
  attempts: { number: number; outcome: string; httpStatus: number; error: string; timing?: { totalMs?: number } }[];
}

/** The endpoint of earlier runs, with the secret that is shown only once. */
interface Remembered {
  webhookId: string;
  secret: string;
}

export interface Demonstration {
  endpoint: Endpoint;
  /** Whether it stands since an earlier run. */
  again: boolean;
  eventId: string;
  delivery: Delivery;
  verdict: Verdict;
}

export interface DemoReceiver {
  /** Makes it know the secret of an endpoint. */
  learn(name: string, secret: string): void;
  /** What it found about the request with this webhook-id; undefined while none has come. */
  verdictOn(webhookId: string): Verdict | undefined;
}

export interface DemoOptions {
  state: StateFolder;
  tenant: Tenant;
  /** Of the HTTP API. */
  http: string;
  receiverUrl: string;
  receiver: DemoReceiver;
}

/** The name under which the receiver knows the demonstration's secret. */
const secretName = "demonstration";
const file = "demo.json";
/** From the publication to the verdict; the first one of a fresh machine takes well under a second. */
const patienceMs = 60_000;

/**
 * Registers an endpoint, or takes that of an earlier run, publishes an event and waits until the receiver has
 * verified its signature.
 * @throws ApiError when the API refuses; Error that says what happened instead.
 */
export async function demonstrate(options: DemoOptions): Promise<Demonstration> {
  const { http, tenant, receiver } = options;
  const { endpoint, again } = await demoEndpoint(options);
  const event = await callApi<{ id: string }>(http, tenant.workspaceKey, "POST", "/v1/events", exampleEvent);

  const deadline = Date.now() + patienceMs;
  let delivery: Delivery | undefined;
  let verdict: Verdict | undefined;
  while (Date.now() < deadline) {
    verdict = receiver.verdictOn(event.id);
    delivery = verdict && (await deliveryOf(options, endpoint.id, event.id));
    if (verdict && delivery && (delivery.status === "SUCCEEDED" || delivery.status === "FAILED")) break;
    await sleep(10);
  }
  delivery ??= await deliveryOf(options, endpoint.id, event.id);
  if (verdict?.verified && delivery?.status === "SUCCEEDED")
    return { endpoint, again, eventId: event.id, delivery, verdict };
  const attempts = delivery?.attempts.map(({ outcome, error }) => `${outcome} ${error}`.trim()).join(", ");
  throw new Error(
    `no verified delivery within ${patienceMs / 1000} s. The receiver: ${verdict?.text ?? "no request came"}. ` +
      `The record: ${delivery ? `${delivery.status}, ${attempts || "no attempt yet"}` : "no delivery"}.`,
  );
}

/** What is published; any workspace key may. */
export const exampleEvent = {
  category: "user",
  action: "login",
  actor: { email: "user@example.com" },
};

async function demoEndpoint(options: DemoOptions): Promise<{ endpoint: Endpoint; again: boolean }> {
  const { state, tenant, http, receiverUrl, receiver } = options;
  // On a plan without endpoints, the refusal is what there is to see.
  const known = tenant.planTier === "FREE" ? undefined : state.read<Remembered>(file);
  if (known) {
    receiver.learn(secretName, known.secret);
    const endpoint = await stillThere(options, known.webhookId);
    if (endpoint) return { endpoint, again: true };
  }
  const path = `/v1/workspaces/${tenant.workspaceId}/webhooks`;
  const wanted = { url: receiverUrl, events: ["AUDIT_EVENT_CREATED"], description: "npm run dev" };
  const endpoint = await callApi<Endpoint>(http, tenant.companyKey, "POST", path, wanted);
  const secret = endpoint.secret ?? "";
  state.write(file, { webhookId: endpoint.id, secret } satisfies Remembered);
  receiver.learn(secretName, secret);
  return { endpoint, again: false };
}

/** The endpoint of an earlier run, pointed at this run's receiver; undefined when somebody deleted it. */
async function stillThere({ http, tenant, receiverUrl }: DemoOptions, id: string): Promise<Endpoint | undefined> {
  const call = (method: string, path: string, body?: unknown) =>
    callApi<Endpoint>(http, tenant.companyKey, method, path, body);
  try {
    let endpoint = await call("GET", `/v1/webhooks/${id}`);
    if (endpoint.url !== receiverUrl) endpoint = await call("PATCH", `/v1/webhooks/${id}`, { url: receiverUrl });
    if (endpoint.status === "DISABLED") endpoint = await call("POST", `/v1/webhooks/${id}/enable`, {});
    return endpoint;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

async function deliveryOf(
  { http, tenant }: DemoOptions,
  webhookId: string,
  eventId: string,
): Promise<Delivery | undefined> {
  const path = `/v1/webhooks/${webhookId}/deliveries`;
  const { deliveries } = await callApi<{ deliveries?: Delivery[] }>(http, tenant.companyKey, "GET", path);
  return deliveries?.find((delivery) => delivery.eventId === eventId);
}
