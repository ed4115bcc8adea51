import { GroupCommit } from "../batching/group-commit.ts";
import type { DeliveryMessage } from "../domain/message.ts";
import { insist } from "./insist.ts";
import type { DeliveryRecord, HandOverRow, Received, StreamPublisher } from "./ports.ts";
import { restUntil } from "./rest.ts";

/**
 * Gives a delivery another holder: first the record says so, then the message is published under the new epoch. A
 * holder that refuses leaves it with Postgres, where the sweeper finds it.
 */
export class HandOver {
  readonly #publisher: StreamPublisher;
  readonly #rows: GroupCommit<HandOverRow, { epoch: number } | undefined>;
  readonly #signal: AbortSignal;

  constructor(record: Pick<DeliveryRecord, "handOver">, publisher: StreamPublisher, signal: AbortSignal) {
    this.#publisher = publisher;
    this.#rows = new GroupCommit({ commit: (rows) => record.handOver(rows) });
    this.#signal = signal;
  }

  /** A message in hand goes to another stream, as a new publication. @throws Stopped when the record is out of reach. */
  async move({ message, deliveryCount }: Pick<Received, "message" | "deliveryCount">, queue: string): Promise<void> {
    const moved = await this.#commit({ ...message, queue, redelivered: deliveryCount > 1 });
    if (moved) await this.publish({ ...message, epoch: moved.epoch }, queue);
  }

  /** A message in hand goes to Postgres until it is due. */
  async shelve({ message, deliveryCount }: Pick<Received, "message" | "deliveryCount">): Promise<void> {
    await this.#commit({ ...message, queue: null, redelivered: deliveryCount > 1 });
  }

  /** Publishes what the record already gave to `queue`; false: the stream refused, and Postgres has it back. */
  async publish(message: DeliveryMessage, queue: string): Promise<boolean> {
    if ((await this.#publisher.publish(queue, message)) === "stored") return true;
    await this.leave(message);
    return false;
  }

  /** To Postgres, from where the sweeper publishes it after a rest. */
  async leave(message: DeliveryMessage, deliveryCount = 1): Promise<void> {
    const notBefore = restUntil(message, Date.now());
    await this.#commit({ ...message, queue: null, notBefore, redelivered: deliveryCount > 1 });
  }

  #commit({ deliveryId, epoch, queue, notBefore, redelivered }: HandOverRow): Promise<{ epoch: number } | undefined> {
    const row: HandOverRow = {
      deliveryId,
      epoch,
      queue,
      ...(notBefore && { notBefore }),
      ...(redelivered && { redelivered }),
    };
    return insist(() => this.#rows.add(row), this.#signal);
  }
}
