import { formatId, type Uuid } from "../domain/ids.ts";
import type { DeliveryMessage } from "../domain/message.ts";
import { sign } from "../signing/sign.ts";
import type { DeliveryEndpoint } from "./ports.ts";

/**
 * The headers of one attempt: the endpoint's own, Standard Webhooks, and unsigned ids that lead back to the record. An
 * endpoint's own never replace the others.
 */
export function requestHeaders(
  message: DeliveryMessage,
  attemptId: Uuid,
  { keys, headers }: Pick<DeliveryEndpoint, "keys" | "headers">,
  startedAt: number,
  userAgent: string,
): Record<string, string> {
  const id = formatId("event", message.eventId);
  const timestampSeconds = Math.floor(startedAt / 1000);
  return {
    ...headers,
    "content-type": "application/json",
    "user-agent": userAgent,
    ...sign({ id, timestampSeconds, body: message.body, keys }),
    "sealpost-delivery-id": formatId("delivery", message.deliveryId),
    "sealpost-attempt-id": formatId("attempt", attemptId),
  };
}
