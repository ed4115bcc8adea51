import { GroupCommit, RowError } from "../batching/group-commit.ts";
import type { DeliveryMessage } from "../domain/message.ts";
import type { RetrySchedule } from "../retry/schedule.ts";
import type { HandOver } from "./hand-over.ts";
import { insist } from "./insist.ts";
import type { DeliveryObserver } from "./observer.ts";
import { planNext } from "./plan.ts";
import type {
  DeliveryRecord,
  EndpointReader,
  PostponeRow,
  SendResult,
  SettleOutcome,
  SettleRow,
  StreamPublisher,
} from "./ports.ts";
import { restUntil } from "./rest.ts";

/** An attempt whose request has ended. */
export interface EndedAttempt {
  message: DeliveryMessage;
  attemptId: string;
  number: number;
  /** False on a manual retry. */
  scheduled: boolean;
  startedAt: number;
  result: SendResult;
}

interface SettlementParts {
  record: Pick<DeliveryRecord, "settle" | "postpone">;
  endpoints: Pick<EndpointReader, "disableGone">;
  publisher: StreamPublisher;
  handOver: HandOver;
  observer: DeliveryObserver;
  schedule: RetrySchedule;
  pod: string;
  signal: AbortSignal;
}

/** Nobody waits for a settled attempt; what dies with the process in this time, in ms, is sent again. */
const settleLingerMs = 5;

/** Records an attempt and publishes what follows. The caller acks afterwards: record, publish, ack, in that order. */
export class Settlement {
  readonly #parts: SettlementParts;
  readonly #rows: GroupCommit<SettleRow, SettleOutcome>;
  readonly #postponed: GroupCommit<PostponeRow, void>;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
    this.#rows = new GroupCommit({
      commit: (rows) => parts.record.settle(rows),
      weigh: ({ attempt }) => attempt.response?.body.length ?? 0,
      lingerMs: settleLingerMs,
      onCommit: (rows, ms) => parts.observer.settled(rows, ms),
    });
    this.#postponed = new GroupCommit({
      async commit(rows) {
        await parts.record.postpone(rows);
        return rows.map(() => {});
      },
    });
  }

  /** @throws Stopped when the record cannot be written any more; RowError when it will never take this one. */
  async settle(ended: EndedAttempt): Promise<void> {
    const { message, number, scheduled, result } = ended;
    const { endpoints, publisher, handOver, observer, schedule, signal } = this.#parts;
    const { region } = message;
    if (result.postponed) return this.#postpone(ended);
    const next = planNext(schedule, { region, number, scheduled, result }, Date.now());
    if (next.status === "FAILED" && next.reason === "GONE") {
      // First, so that a crash in between holds the delivery instead of asking a receiver that is gone again.
      await insist(() => endpoints.disableGone(message.endpointId), signal);
    }
    const outcome = await this.#record(this.#row(ended, next));
    if (outcome.kind !== "settled") return;
    if (next.status === "FAILED" && outcome.status === "FAILED") {
      observer.dead(region);
      await publisher.publishDead(message, next.reason);
    } else if (next.status === "RETRY_SCHEDULED") {
      observer.retryScheduled(region, next.queue);
      if (next.queue === null) return;
      const retry = { ...message, attempt: number + 1, epoch: outcome.epoch, dueAt: next.dueAt.getTime() };
      await handOver.publish(retry, next.queue);
    }
  }

  async #postpone({ message, attemptId, startedAt, result }: EndedAttempt): Promise<void> {
    const { observer, pod, signal } = this.#parts;
    const { deliveryId, epoch, region } = message;
    const { outcome, error, timing } = result;
    const attempt = { id: attemptId, outcome, error, timing, pod, startedAt: new Date(startedAt) };
    const row = { deliveryId, epoch, attempt, notBefore: restUntil(message, Date.now()) };
    await insist(() => this.#postponed.add(row), signal);
    observer.postponed(region);
  }

  async #record(row: SettleRow): Promise<SettleOutcome> {
    const { signal } = this.#parts;
    try {
      return await insist(() => this.#rows.add(row), signal);
    } catch (error) {
      if (!(error instanceof RowError) || row.attempt.response === null) throw error;
      // Something in the receiver's answer cannot be stored: the attempt itself still must be.
      const attempt = { ...row.attempt, response: null, error: row.attempt.error.replace(/[^\x20-\x7e]/g, "?") };
      return insist(() => this.#rows.add({ ...row, attempt }), signal);
    }
  }

  #row({ message, attemptId, startedAt, result }: EndedAttempt, next: SettleRow["next"]): SettleRow {
    return {
      deliveryId: message.deliveryId,
      endpointId: message.endpointId,
      epoch: message.epoch,
      attempt: {
        id: attemptId,
        outcome: result.outcome,
        httpStatus: result.httpStatus,
        error: result.error,
        startedAt: new Date(startedAt),
        timing: result.timing,
        pod: this.#parts.pod,
        response: result.response,
      },
      next,
    };
  }
}
