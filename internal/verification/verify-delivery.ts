import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { newSecret } from "../signing/secret.ts";
import { describeAttempt, whyNotDelivered } from "./describe.ts";
import type { AskedReceiver, ShownDelivery, ShownEndpoint, VerificationApi } from "./ports.ts";

/** Of the event; endpoints that take every type get it too. */
export const eventType = "sealpost.verify";
/** What temporary endpoints are described as, before what tells one run from the others. */
const describedAs = "Made by verify, which deletes it again; run ";
/** A run takes minutes at most: an older endpoint was left by one that was killed, in ms. */
const leftAfterMs = 3_600_000;
/** Well within what a key may read in a minute, in ms. */
const pauseMs = 250;

export type Target =
  | { endpointId: string }
  /** A temporary endpoint is made there. */
  | { workspaceId: string; receiver: AskedReceiver };

export interface VerifyOptions {
  api: VerificationApi;
  target: Target;
  /** `Date.now()` after which it is given up. */
  deadline: number;
  say: (text: string) => void;
  /** Aborted: what was made is deleted, and that is all. */
  signal: AbortSignal;
}

/**
 * Publishes an event and waits until its delivery is recorded as SUCCEEDED, and until the receiver has shown a genuine
 * signature, where it can be asked.
 * @throws Error that says what happened instead and where to look
 */
export async function verifyDelivery(options: VerifyOptions): Promise<void> {
  const { api, target, say } = options;
  if ("endpointId" in target) {
    await deliver(options, await usable(api, target.endpointId));
    return say("whether the signature was right, its receiver knows");
  }
  const { workspaceId, receiver } = target;
  const description = describedAs + randomUUID();
  const secret = newSecret();
  let made = false;
  try {
    const endpoint = await api.createEndpoint({
      workspaceId,
      url: receiver.url,
      events: [eventType],
      description,
      secret,
    });
    made = true;
    say(`endpoint ${endpoint.id} made, to ${endpoint.url}`);
    const eventId = await deliver(options, endpoint);
    const why = await receiver.whyNotGenuine(eventId, secret);
    if (why === undefined)
      throw new Error(`the receiver at ${receiver.url} knows nothing of ${eventId}: who answered?`);
    if (why !== "") throw new Error(`what the receiver got is not genuine: ${why}`);
    say("the receiver got it with a genuine signature");
  } finally {
    // What became of the delivery is the answer, also when this fails: the next run deletes what is left.
    await clear(api, workspaceId, description, say).catch(
      (error: Error) => made && say(`not deleted: ${error.message}`),
    );
  }
}

async function usable(api: VerificationApi, id: string): Promise<ShownEndpoint> {
  const endpoint = await api.endpoint(id);
  if (!endpoint) throw new Error(`there is no endpoint ${id} that this company key may see`);
  if (endpoint.status !== "ACTIVE")
    throw new Error(`endpoint ${id} is ${endpoint.status} (${endpoint.reason}): enable it`);
  if (endpoint.events.includes(eventType) || endpoint.events.includes("*")) return endpoint;
  throw new Error(`endpoint ${id} takes ${endpoint.events.join(", ")}: add ${eventType}, which is what is published`);
}

/** Publishes, and follows the delivery to its end; answers the event's id. */
async function deliver(options: VerifyOptions, endpoint: ShownEndpoint): Promise<string> {
  const { api, say, deadline, signal } = options;
  const run = randomUUID();
  const event = await api.publish({
    eventType,
    projectId: endpoint.projectId,
    data: JSON.stringify({ run }),
    idempotencyKey: `verify ${run}`,
  });
  const { deliveryCount } = event;
  say(`event ${event.id} accepted, for ${deliveryCount} ${deliveryCount === 1 ? "endpoint" : "endpoints"}`);
  let told = 0;
  let delivery: ShownDelivery | undefined;
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    delivery = await api.deliveryOf(endpoint.id, event);
    if (!delivery) throw new Error(`event ${event.id} has no delivery to ${endpoint.id}: it was disabled just now`);
    const made = delivery.attempts.filter(({ outcome }) => outcome !== "IN_PROGRESS");
    for (const attempt of made.slice(told)) say(`delivery ${delivery.id}, ${describeAttempt(attempt)}`);
    told = made.length;
    if (delivery.status === "SUCCEEDED") {
      say(`delivery ${delivery.id} is recorded as SUCCEEDED`);
      return event.id;
    }
    if (delivery.status === "FAILED") break;
    await sleep(pauseMs);
  }
  throw new Error(whyNotDelivered(delivery, event.id));
}

/** Deletes this run's endpoints, also one whose creation was not answered, and those of runs that were killed long ago. */
async function clear(
  api: VerificationApi,
  workspaceId: string,
  mine: string,
  say: VerifyOptions["say"],
): Promise<void> {
  const before = Date.now() - leftAfterMs;
  for (const { id, description, createdAt } of await api.endpoints(workspaceId)) {
    const left = description.startsWith(describedAs) && createdAt.getTime() < before;
    if (description !== mine && !left) continue;
    await api.deleteEndpoint(id);
    say(`endpoint ${id} deleted${left ? ", which an earlier run left" : ""}`);
  }
}
