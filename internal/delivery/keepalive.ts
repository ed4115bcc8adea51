import type { Received } from "./ports.ts";

/** The server's ack clock is 5 s: saying so every 2 s leaves room for one lost word. */
const everyMs = 2000;

/** Tells the stream of every message that this process still holds; most live far shorter than one beat. */
export class Keepalive {
  readonly #held = new Set<Received>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => {
      for (const received of this.#held) received.working();
    }, everyMs);
  }

  get size(): number {
    return this.#held.size;
  }

  hold(received: Received): void {
    this.#held.add(received);
  }

  /** Acks and lets go. */
  ack(received: Received): void {
    this.#held.delete(received);
    received.ack();
  }

  /** Lets go without an ack: the server hands it to another process. */
  drop(received: Received): void {
    this.#held.delete(received);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
