import type { Msg } from "nats";
import type { Acks } from "./acks.ts";
import { UnknownFormatError } from "./message.ts";
import { nakPayload, type Taken, take } from "./taken.ts";

/** A newer pod, which can read it, gets a chance after this long. */
const newerFormatRestMs = 30_000;

/**
 * Reads what arrived. What a newer version wrote is left to a pod of that version; what cannot be read at all is
 * dropped, and Postgres publishes the delivery again when it finds it missing.
 */
export function receive(
  queue: string,
  msg: Msg,
  acks: Acks,
  onError: (message: string, error: unknown) => void,
  onAck?: () => void,
): Taken | undefined {
  try {
    return take(queue, msg, acks, onAck);
  } catch (error) {
    onError(`a message of ${queue} cannot be read`, error);
    const newer = error instanceof UnknownFormatError;
    acks.final(acks.generation, msg.reply ?? "", newer ? nakPayload(newerFormatRestMs) : "+ACK");
    return undefined;
  }
}
