import type { NatsConnection } from "nats";

interface Ack {
  generation: string;
  reply: string;
  payload: string;
}

/**
 * The way back to one stream. A message's ack names it by sequence number, so it must reach the stream that it
 * came from, never a later one of the same name: after an outage acks wait until the stream is known to be the
 * same, and those of a stream that was made anew are dropped.
 */
export class Acks {
  #session: NatsConnection | undefined;
  #generation = "";
  #waiting: Ack[] = [];

  /** Which stream it is: when it was made. */
  get generation(): string {
    return this.#generation;
  }

  /** Whether acks leave at once. */
  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  /** The stream is there and was made at `generation`: what waited leaves, or is dropped. */
  open(session: NatsConnection, generation: string): void {
    this.#session = session;
    this.#generation = generation;
    for (const ack of this.#waiting.splice(0)) this.final(ack.generation, ack.reply, ack.payload);
  }

  /** It is not known any more whether the stream is the same. */
  shut(): void {
    this.#session = undefined;
  }

  /** Ends a message, now or once the stream is known again. */
  final(generation: string, reply: string, payload: string): void {
    if (this.#session && generation !== this.#generation) return;
    if (!this.#send(reply, payload)) this.#waiting.push({ generation, reply, payload });
  }

  /** Said now or not at all. */
  passing(generation: string, reply: string, payload: string): void {
    if (generation === this.#generation) this.#send(reply, payload);
  }

  #send(reply: string, payload: string): boolean {
    const session = this.#session;
    if (!session || session.isClosed()) return false;
    session.publish(reply, payload);
    return true;
  }
}
