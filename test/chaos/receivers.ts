import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type ReceivedRequest, type Receiver, startReceiver } from "../harness/receiver.ts";
import type { Random } from "./random.ts";
import type { Rotator } from "./rotator.ts";

/** A request as a receiver saw it. */
export interface Seen {
  endpoint: string;
  /** Shown ids, from the headers. */
  eventId: string;
  deliveryId: string;
  attemptId: string;
  receivedAt: number;
  status: number;
  /** With what its receiver held when it was here. */
  verified: boolean;
}

/** How the endpoints of the lab behave; each is registered for every event. */
export const characters = {
  steady: { failing: 0, slowMs: 0 },
  flaky: { failing: 0.1, slowMs: 0 },
  /** Slow and with few places: its deliveries take the lane. */
  slow: { failing: 0.1, slowMs: 60 },
} as const;
export type Character = keyof typeof characters;

export interface Receivers {
  url(character: Character): string;
  seen: Seen[];
  close(): Promise<void>;
}

/** Receivers that note every request they saw, whatever they answer. */
export async function startReceivers(random: Random, rotator: Rotator): Promise<Receivers> {
  const seen: Seen[] = [];
  const receiver: Receiver = await startReceiver(async (request, response) => {
    // Everything worth keeping is in the note; the run may be long.
    receiver.requests.length = 0;
    await answer(request, response);
  });
  async function answer(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    const endpoint = request.path.slice(1) as Character;
    const { failing, slowMs } = characters[endpoint];
    const headers = request.headers as Record<string, string>;
    const header = (name: string) => String(headers[name]);
    const status = random.next() < failing ? 500 : 200;
    seen.push({
      endpoint,
      eventId: header("webhook-id"),
      deliveryId: header("sealpost-delivery-id"),
      attemptId: header("sealpost-attempt-id"),
      receivedAt: request.receivedAt,
      status,
      verified: rotator.verifies(endpoint, headers, request.body.toString("utf8"), request.receivedAt),
    });
    if (slowMs > 0) await sleep(random.between(0, 2 * slowMs));
    response.writeHead(status).end();
  }
  return { url: (character) => `${receiver.url}/${character}`, seen, close: () => receiver.close() };
}
