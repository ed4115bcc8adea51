import type { Uuid } from "../domain/ids.ts";
import type { DeliveryMessage } from "../domain/message.ts";

/**
 * The wire format: one line of JSON, the head, and after its line feed the body's bytes as they are signed and
 * sent. Trace contexts travel as NATS headers, where other tools look for them; `traced` says that they are
 * there, because reading headers costs more than the whole head.
 */
interface Head {
  v: number;
  delivery: Uuid;
  endpoint: Uuid;
  event: Uuid;
  region: string;
  attempt: number;
  epoch: number;
  due: number;
  traced?: true;
  /** Dead letters: why the delivery ended. */
  reason?: string;
}

/** The format that this version writes. It reads this one and the older ones. */
const formatVersion = 1;
const lineFeed = 10;

export const traceHeaders = { traceparent: "traceparent", follows: "sealpost-follows" } as const;

/** The message is from a newer Sealpost: a pod of that version can read it. */
export class UnknownFormatError extends Error {
  override readonly name = "UnknownFormatError";
}

/** Whether two publications are the same one: the stream drops the second within its duplicate window. */
export function messageId(message: DeliveryMessage): string {
  return `${message.deliveryId}:${message.attempt}:${message.epoch}`;
}

export function encodeMessage(message: DeliveryMessage, reason?: string): Buffer {
  const head: Head = {
    v: formatVersion,
    delivery: message.deliveryId,
    endpoint: message.endpointId,
    event: message.eventId,
    region: message.region,
    attempt: message.attempt,
    epoch: message.epoch,
    due: message.dueAt,
  };
  if (message.traceparent !== undefined || message.follows !== undefined) head.traced = true;
  if (reason !== undefined) head.reason = reason;
  const line = `${JSON.stringify(head)}\n`;
  const length = Buffer.byteLength(line);
  const data = Buffer.allocUnsafe(length + message.body.length);
  data.write(line, 0, "utf8");
  message.body.copy(data, length);
  return data;
}

/**
 * Reads a message. `header` is asked for trace contexts only when the head says that there are some.
 * @throws UnknownFormatError when a newer version wrote it; Error when it is no message of ours.
 */
export function decodeMessage(data: Uint8Array, header: (name: string) => string | undefined): DeliveryMessage {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const end = bytes.indexOf(lineFeed);
  const head = parseHead(end < 0 ? "" : bytes.toString("utf8", 0, end));
  const message: DeliveryMessage = {
    deliveryId: head.delivery,
    endpointId: head.endpoint,
    eventId: head.event,
    region: head.region,
    attempt: head.attempt,
    epoch: head.epoch,
    dueAt: head.due,
    // A copy, because a view would keep the whole network buffer alive while the delivery waits.
    body: Buffer.from(bytes.subarray(end + 1)),
  };
  if (head.traced) {
    const [traceparent, follows] = [header(traceHeaders.traceparent), header(traceHeaders.follows)];
    if (traceparent) message.traceparent = traceparent;
    if (follows) message.follows = follows;
  }
  return message;
}

function parseHead(line: string): Head {
  let head: Partial<Head> | null;
  try {
    head = JSON.parse(line);
  } catch {
    head = null;
  }
  if (typeof head?.v !== "number") throw new Error("the message has no readable head: it was not written by Sealpost");
  if (head.v !== formatVersion) {
    throw new UnknownFormatError(
      `the message has format version ${head.v}, this Sealpost reads ${formatVersion}: upgrade it, or let a newer pod take the message`,
    );
  }
  const { delivery, endpoint, event, region, attempt, epoch, due } = head;
  const texts = [delivery, endpoint, event, region].every((value) => typeof value === "string");
  if (!texts || !Number.isInteger(attempt) || !Number.isInteger(epoch) || typeof due !== "number") {
    throw new Error("the message's head lacks a field: it was not written by Sealpost");
  }
  return head as Head;
}
