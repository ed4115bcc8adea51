import { type DeliveryMessage, deliveryInLog, queues } from "../domain/message.ts";
import type { HandOver } from "./hand-over.ts";

/** Publications under way at most; what comes on top is left to the sweeper, which has it from the record. */
const maxUnderWay = 20_000;

/** Publishes deliveries that have just been accepted. Nobody waits for it: the record already has them. */
export class FirstPublication {
  readonly #handOver: HandOver;
  readonly #onError: (message: string, error: unknown, about?: Record<string, string>) => void;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(handOver: HandOver, onError: (message: string, error: unknown, about?: Record<string, string>) => void) {
    this.#handOver = handOver;
    this.#onError = onError;
  }

  publish(messages: DeliveryMessage[]): void {
    for (const message of messages) {
      const published =
        this.#underWay.size < maxUnderWay
          ? this.#handOver.publish(message, queues.deliveries(message.region))
          : this.#handOver.leave(message);
      const tracked = published
        .catch((error: unknown) => this.#onError("a delivery waits for the sweeper", error, deliveryInLog(message)))
        .finally(() => this.#underWay.delete(tracked));
      this.#underWay.add(tracked);
    }
  }

  /** Resolves when nothing is under way. */
  async drained(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
