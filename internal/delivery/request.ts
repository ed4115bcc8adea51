import type { KeyObject } from "node:crypto";
import { formatId, type Uuid } from "../domain/ids.ts";
import type { DeliveryMessage } from "../domain/message.ts";
import { sign } from "../signing/sign.ts";

/** The headers of one attempt: Standard Webhooks, and unsigned ids that lead back to the record. */
export function requestHeaders(
  message: DeliveryMessage,
  attemptId: Uuid,
  keys: KeyObject[],
  startedAt: number,
  userAgent: string,
): Record<string, string> {
  const id = formatId("event", message.eventId);
  const timestampSeconds = Math.floor(startedAt / 1000);
  return {
    "content-type": "application/json",
    "user-agent": userAgent,
    ...sign({ id, timestampSeconds, body: message.body, keys }),
    "sealpost-delivery-id": formatId("delivery", message.deliveryId),
    "sealpost-attempt-id": formatId("attempt", attemptId),
  };
}
