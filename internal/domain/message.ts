import { formatId, type Uuid } from "./ids.ts";

/** What travels on the stream for one delivery. The record decides; the message only carries. */
export interface DeliveryMessage {
  deliveryId: Uuid;
  endpointId: Uuid;
  eventId: Uuid;
  region: string;
  /** The attempt this message asks for, starting at 1; informative, the record has the last word. */
  attempt: number;
  /** Raised by every new publication; a message whose epoch is not the record's is stale. */
  epoch: number;
  /** Not to be sent before this time, in ms since the epoch. */
  dueAt: number;
  /** The exact bytes that are signed and sent. */
  body: Buffer;
  /** W3C trace context that the delivery began in; the same for all of its attempts. */
  traceparent?: string;
  /** W3C trace context of what this message follows from: the attempt before, or the move to a lane. */
  follows?: string;
}

/** A delivery as log lines name it. */
export function deliveryInLog({ deliveryId, traceparent }: DeliveryMessage): Record<string, string> {
  const delivery = { deliveryId: formatId("delivery", deliveryId) };
  // `<version>-<trace id>-<parent>-<flags>`
  return traceparent === undefined ? delivery : { ...delivery, traceId: traceparent.slice(3, 35) };
}

/** Names of a region's streams: the values of a delivery's `queue` in the record. */
export const queues = {
  deliveries: (region: string) => `DELIVERIES_${region}`,
  retries: (region: string, delaySeconds: number) => `RETRIES_${region}_${delaySeconds}`,
  lanes: (region: string) => `LANES_${region}`,
  dead: (region: string) => `DEAD_${region}`,
};
