import type { Msg } from "nats";
import type { Received } from "../delivery/ports.ts";
import type { DeliveryMessage } from "../domain/message.ts";
import type { Acks } from "./acks.ts";
import { decodeMessage } from "./message.ts";

/** A message that the server has handed to this process. */
export class Taken implements Received {
  readonly message: DeliveryMessage;
  readonly queue: string;
  /** Its place in the stream. */
  readonly sequence: number;
  deliveryCount: number;
  /** When the server was last told of it, ms since the epoch. */
  toldAt = Date.now();
  readonly #acks: Acks;
  readonly #generation: string;
  readonly #reply: string;
  readonly #onAck: (() => void) | undefined;

  constructor(queue: string, message: DeliveryMessage, reply: string, acks: Acks, onAck?: () => void) {
    this.queue = queue;
    this.message = message;
    const { deliveryCount, sequence } = parseReply(reply);
    this.deliveryCount = deliveryCount;
    this.sequence = sequence;
    this.#acks = acks;
    this.#generation = acks.generation;
    this.#reply = reply;
    this.#onAck = onAck;
  }

  ack(): void {
    this.#acks.final(this.#generation, this.#reply, "+ACK");
    this.#onAck?.();
  }

  working(): void {
    this.toldAt = Date.now();
    this.#acks.passing(this.#generation, this.#reply, "+WPI");
  }

  /** To be handed out again after `milliseconds`, rounded up to whole ones. */
  later(milliseconds: number): void {
    this.#acks.passing(this.#generation, this.#reply, nakPayload(milliseconds));
  }
}

/** Reads what arrived. @throws UnknownFormatError, or Error when it is no message of ours. */
export function take(queue: string, msg: Msg, acks: Acks, onAck?: () => void): Taken {
  const message = decodeMessage(msg.data, (name) => msg.headers?.get(name) || undefined);
  return new Taken(queue, message, msg.reply ?? "", acks, onAck);
}

/** A delay with a fraction of a nanosecond would be answered by redelivery at once. */
export function nakPayload(milliseconds: number): string {
  return `-NAK {"delay":${Math.max(1, Math.ceil(milliseconds)) * 1_000_000}}`;
}

/** `$JS.ACK.<stream>.<consumer>.<count>.<sequence>.…`, or with domain and account before the stream (ADR-15). */
function parseReply(reply: string): { deliveryCount: number; sequence: number } {
  const tokens = reply.split(".");
  const count = tokens.length >= 11 ? 6 : 4;
  return { deliveryCount: Number(tokens[count]), sequence: Number(tokens[count + 1]) };
}
