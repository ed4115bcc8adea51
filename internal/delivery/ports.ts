import type { Attempt, AttemptTiming, ResponseHead } from "../domain/entities.ts";
import type { Uuid } from "../domain/ids.ts";
import type { DeliveryMessage } from "../domain/message.ts";
import type { DeliveryStatus, EndpointStatus, FailureReason, HeldReason, Outcome } from "../domain/states.ts";
import type { Allowance } from "../network/allowance.ts";
import type { SigningKey } from "../signing/signing-key.ts";

/** An endpoint as an attempt needs it. */
export interface DeliveryEndpoint {
  id: Uuid;
  companyId: Uuid;
  url: string;
  status: EndpointStatus;
  maxInFlight: number;
  /** What its company may reach beside the public internet. */
  allowance: Allowance;
  /** Signing keys, the current one first; kept as KeyObjects because making one costs 15 µs. */
  keys: SigningKey[];
  /** Sent with each request besides. */
  headers: Readonly<Record<string, string>>;
  /** When the first of its keys ends and it must be read again, by this process's clock (ms since the epoch). */
  validUntil: number;
}

export interface EndpointReader {
  /** Undefined when the endpoint is deleted or never was. */
  readForDelivery(id: Uuid): Promise<DeliveryEndpoint | undefined>;
  /** Disables an endpoint whose receiver answered 410, a suspended one too. */
  disableGone(id: Uuid): Promise<void>;
}

/** The answer to one POST, classified. */
export interface SendResult {
  outcome: Exclude<Outcome, "IN_PROGRESS" | "UNKNOWN">;
  httpStatus: number | null;
  /** For the reader of the record; empty on success. */
  error: string;
  timing: AttemptTiming;
  response: ResponseHead | null;
  /** Our own proxy failed before anything was sent: the receiver does not answer for it, and the delivery waits. */
  postponed?: true;
}

export interface SendRequest {
  url: string;
  /** What this request may reach beside the public internet. */
  allowance: Allowance;
  headers: Record<string, string>;
  body: Buffer;
}

export interface WebhookSender {
  /** POSTs within the deadline, DNS to last byte. Never rejects: every failure is a SendResult. */
  send(request: SendRequest): Promise<SendResult>;
}

/** A message taken from a stream; exactly one of `ack` and `giveBack` ends it. */
export interface Received {
  message: DeliveryMessage;
  /** Name of the stream it came from. */
  queue: string;
  /** 1 when this is the first time the server hands it out. */
  deliveryCount: number;
  ack(): void;
  /** Still at it: restarts the server's ack clock. */
  working(): void;
}

export type PublishOutcome = "stored" | "refused" | "unreachable";

export interface StreamPublisher {
  /** Publishes into the named stream with `Nats-Msg-Id = <delivery>:<attempt>:<epoch>`. Never rejects. */
  publish(queue: string, message: DeliveryMessage): Promise<PublishOutcome>;
  /** Dead letters: best effort, never rejects. */
  publishDead(message: DeliveryMessage, reason: FailureReason): Promise<void>;
}

export interface Consuming {
  /** Stops taking; resolves when what was already taken from the server has been handed to onMessage. */
  stop(): Promise<void>;
}

/** How a consumer hands work over: it awaits `ready()` before each message. */
export interface Intake {
  ready(): Promise<void>;
  onMessage(received: Received): void;
}

/** What a lane wants to know before it takes a message of this endpoint; 0 means none now. */
export interface LaneIntake {
  capacity(endpointId: Uuid): number;
  onMessage(received: Received): void;
}

export interface StreamConsumers {
  /** First attempts and swept deliveries of a region. */
  consumeDeliveries(region: string, intake: Intake): Promise<Consuming>;
  /** Every RETRIES stream of a region; a message is handed over when it is due, not before. */
  consumeRetries(region: string, intake: Intake): Promise<Consuming>;
  /** The slow lane of a region, fairly by endpoint. */
  consumeLanes(region: string, intake: LaneIntake): Promise<Consuming>;
}

export interface StreamInspector {
  /** When the oldest message of a stream was stored; null when it is empty or does not exist.
   *  @throws when the region's server cannot be asked. */
  oldest(queue: string): Promise<Date | null>;
  /** The same for one endpoint's subject in the region's LANES stream. */
  oldestInLane(region: string, endpointId: Uuid): Promise<Date | null>;
}

/** What a finished attempt leads to. */
export type NextStep =
  | { status: "SUCCEEDED" }
  | { status: "FAILED"; reason: FailureReason }
  /** `queue` null: Postgres holds it until due. */
  | { status: "RETRY_SCHEDULED"; dueAt: Date; queue: string | null };

export interface BeginRow {
  deliveryId: Uuid;
  /** Of the message. Another one in the record means the message is stale. */
  epoch: number;
  attemptId: Uuid;
  startedAt: Date;
  pod: string;
  /** Counting attempts allowed in all; one more than that ends the delivery. */
  maxAttempts: number;
}

export type BeginOutcome =
  /** An IN_PROGRESS attempt row stands and the delivery is SENDING. `scheduled` is false on a manual retry. */
  | { kind: "begun"; number: number; scheduled: boolean }
  /** Another epoch, finished, or gone: drop and ack. */
  | { kind: "stale" }
  /** The attempts that died used up the schedule: now FAILED, with the reason. */
  | { kind: "ended"; reason: FailureReason };

export interface SettleRow {
  deliveryId: Uuid;
  endpointId: Uuid;
  epoch: number;
  attempt: Omit<Attempt, "deliveryId" | "number">;
  next: NextStep;
}

/** An attempt that never left, through no fault of the receiver. */
export interface PostponeRow {
  deliveryId: Uuid;
  /** Of the message. */
  epoch: number;
  attempt: Pick<Attempt, "id" | "outcome" | "error" | "startedAt" | "timing" | "pod">;
  /** Postgres has the delivery until then. */
  notBefore: Date;
}

export type SettleOutcome =
  /** The attempt is recorded and `next` is in force; a RETRY_SCHEDULED has this new epoch. */
  | { kind: "settled"; status: DeliveryStatus; epoch: number }
  /** The attempt is recorded; the delivery had moved on and stays as it is. */
  | { kind: "recorded" }
  /** There is no such delivery any more. */
  | { kind: "gone" };

/** Which publication of which delivery is in hand. */
export interface HeldRow {
  deliveryId: Uuid;
  /** Of the message. */
  epoch: number;
  /** The server handed this message out before (delivery count > 1): when it is the first attempt's and nothing is
   *  recorded of it, its request may have left with a process that died, which is recorded as UNKNOWN. */
  redelivered?: boolean;
}

export interface HandOverRow extends HeldRow {
  /** The stream that is to hold it; null: Postgres itself. */
  queue: string | null;
  /** For Postgres: not due before this time (a later due time stays). */
  notBefore?: Date;
}

export interface DeliveryRecord {
  /** Before any request that is not a first one: commits the attempt, ends what died as UNKNOWN. */
  begin(rows: BeginRow[]): Promise<BeginOutcome[]>;
  /** Makes first attempts that take long visible: IN_PROGRESS row, status SENDING. */
  markSending(
    rows: { deliveryId: Uuid; epoch: number; attemptId: Uuid; startedAt: Date; pod: string }[],
  ): Promise<void>;
  /** After a request: attempt, delivery state and statistics in one transaction. */
  settle(rows: SettleRow[]): Promise<SettleOutcome[]>;
  /** Instead of `settle`: the delivery is as it was before the attempt, and rests with Postgres. The attempt is noted
   *  with number 0; one that was noted before gives way, so that a long outage fills no record. */
  postpone(rows: PostponeRow[]): Promise<void>;
  /** Another holder, a new epoch; undefined when the row's epoch is stale or the delivery finished. */
  handOver(rows: HandOverRow[]): Promise<({ epoch: number } | undefined)[]>;
  /** Postgres keeps it while its endpoint is not ACTIVE. "active": it is after all. */
  hold(rows: (HeldRow & { reason: HeldReason })[]): Promise<("held" | "active" | "stale")[]>;
  /** Ends deliveries without an attempt (their endpoint is deleted). */
  end(rows: (HeldRow & { reason: FailureReason })[]): Promise<void>;
}

export interface SweepRecord {
  /** Runs `work` while this process holds the region's sweeper lock; false when another one holds it. */
  whileSweeper(region: string, work: (signal: AbortSignal) => Promise<void>): Promise<boolean>;
  /** Takes deliveries that Postgres holds, that are due and whose endpoint is ACTIVE: they are `queue`'s now,
   *  with a new epoch, and must be published. */
  takeDue(region: string, queue: string, limit: number): Promise<DeliveryMessage[]>;
  /** The streams that hold unfinished deliveries of a region, as the record has it. */
  queuesInUse(region: string): Promise<string[]>;
  /** Gives deliveries that their stream has lost (published before `enqueuedBefore`) back to Postgres; a first
   *  attempt may have left, which is noted as an UNKNOWN that does not count. Answers how many. */
  reclaim(queue: string, enqueuedBefore: Date, limit: number): Promise<number>;
  /** Endpoints with deliveries in a LANES stream since before this time. */
  laneEndpoints(queue: string, enqueuedBefore: Date, limit: number): Promise<Uuid[]>;
  reclaimLane(queue: string, endpointId: Uuid, enqueuedBefore: Date, limit: number): Promise<number>;
  /** Ends unfinished deliveries of deleted endpoints. Answers how many. */
  endDeleted(region: string, limit: number): Promise<number>;
}
