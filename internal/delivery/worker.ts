import { GroupCommit, RowError } from "../batching/group-commit.ts";
import { formatId, newUuid, uuidTime } from "../domain/ids.ts";
import { type DeliveryMessage, deliveryInLog, queues } from "../domain/message.ts";
import { type HeldReason, heldReasonOf } from "../domain/states.ts";
import type { RetrySchedule } from "../retry/schedule.ts";
import { type BudgetOptions, Budgets, type Place } from "./budgets.ts";
import type { EndpointDirectory } from "./endpoint-directory.ts";
import { HandOver } from "./hand-over.ts";
import { insist, Stopped } from "./insist.ts";
import { Keepalive } from "./keepalive.ts";
import type { DeliveryObserver } from "./observer.ts";
import type {
  BeginOutcome,
  BeginRow,
  Consuming,
  DeliveryEndpoint,
  DeliveryRecord,
  EndpointReader,
  HeldRow,
  Received,
  StreamConsumers,
  StreamPublisher,
  WebhookSender,
} from "./ports.ts";
import { requestHeaders } from "./request.ts";
import { Settlement } from "./settlement.ts";
import type { DeliveryTrace, DeliveryTracer, RequestTrace } from "./tracer.ts";

export interface WorkerOptions {
  record: DeliveryRecord;
  endpoints: Pick<EndpointReader, "disableGone">;
  directory: EndpointDirectory;
  sender: WebhookSender;
  publisher: StreamPublisher;
  consumers: StreamConsumers;
  observer: DeliveryObserver;
  tracer?: DeliveryTracer | undefined;
  onError: (message: string, error: unknown, about?: Record<string, string>) => void;
  schedule: RetrySchedule;
  budgets: BudgetOptions;
  pod: string;
  userAgent: string;
  /** Whether receivers are sent the W3C trace context of their request. */
  shareTraces?: boolean;
}

/** How a message came, which decides what it may do: only the main road leads to the lane. */
type Road = "main" | "lane";

/** Takes deliveries from the streams of its regions and makes attempts: one delivery process. */
export class Worker {
  readonly budgets: Budgets;
  readonly #options: WorkerOptions;
  readonly #keepalive = new Keepalive();
  readonly #handOver: HandOver;
  readonly #settlement: Settlement;
  readonly #begin: GroupCommit<BeginRow, BeginOutcome>;
  readonly #hold: GroupCommit<HeldRow & { reason: HeldReason }, "held" | "active" | "stale">;
  readonly #stop = new AbortController();
  readonly #consuming: Consuming[] = [];
  readonly #attempts = new Map<Place, { message: DeliveryMessage; first: boolean }>();
  readonly #ticker: NodeJS.Timeout;
  #draining = false;

  constructor(options: WorkerOptions) {
    const { record, publisher } = options;
    this.#options = options;
    this.budgets = new Budgets(options.budgets);
    this.#handOver = new HandOver(record, publisher, this.#stop.signal);
    this.#settlement = new Settlement({ ...options, handOver: this.#handOver, signal: this.#stop.signal });
    this.#begin = new GroupCommit({ commit: (rows) => record.begin(rows) });
    this.#hold = new GroupCommit({ commit: (rows) => record.hold(rows) });
    this.#ticker = setInterval(() => this.#ageOut(), 50);
  }

  /** How many messages are in this process's hands. */
  get holding(): number {
    return this.#keepalive.size;
  }

  /** Serves a region's streams until `drain`. */
  async serve(region: string): Promise<void> {
    const { consumers } = this.#options;
    const intake = {
      ready: () => this.budgets.mainFree(),
      onMessage: (received: Received) => {
        this.budgets.takeMain();
        void this.#handle(received, "main");
      },
    };
    const lanes = {
      capacity: (endpointId: string) => this.#laneCapacity(endpointId),
      onMessage: (received: Received) => {
        // At once, so that the next look at the capacity sees it.
        const place = this.budgets.start(received.message.endpointId, "lane", Date.now());
        void this.#handle(received, "lane", place);
      },
    };
    this.#consuming.push(
      await consumers.consumeDeliveries(region, intake),
      await consumers.consumeRetries(region, intake),
      await consumers.consumeLanes(region, lanes),
    );
  }

  /**
   * Stops taking, finishes what is under way, gives the rest back as new publications. Resolves when nothing is
   * held, at the latest after `withinMs`.
   */
  async drain(withinMs: number): Promise<void> {
    this.#draining = true;
    const deadline = setTimeout(() => this.#stop.abort(), withinMs);
    this.budgets.open();
    await Promise.allSettled(this.#consuming.map((consuming) => consuming.stop()));
    while (this.#keepalive.size > 0 && !this.#stop.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    clearTimeout(deadline);
    clearInterval(this.#ticker);
    this.#stop.abort();
    this.#keepalive.stop();
  }

  #laneCapacity(endpointId: string): number {
    if (this.#draining) return 0;
    const known = this.#options.directory.peek(endpointId);
    return this.budgets.laneCapacity(endpointId, known?.maxInFlight ?? 1);
  }

  /** One message from arrival to ack. The place it came with is released on every way out. */
  async #handle(received: Received, road: Road, taken?: Place): Promise<void> {
    const { message } = received;
    this.#keepalive.hold(received);
    const trace = this.#options.tracer?.take(received);
    let place = taken;
    try {
      const endpoint = await this.#admitted(received, road);
      if (endpoint) {
        place ??= this.budgets.start(message.endpointId, road, Date.now());
        await this.#attempt(received, endpoint, place, road, trace);
      }
      this.#keepalive.ack(received);
      trace?.end();
    } catch (error) {
      // Unacked: another process, or this one later, gets it again and reads the record first.
      this.#keepalive.drop(received);
      trace?.end(error);
      if (!(error instanceof Stopped)) this.#options.onError("a delivery was put back", error, deliveryInLog(message));
    } finally {
      if (place) this.budgets.settled(place);
      else if (road === "main") this.budgets.releaseMain();
    }
  }

  /** The endpoint when the message may be sent now; undefined when somebody else holds it from here on. */
  async #admitted(received: Received, road: Road): Promise<DeliveryEndpoint | undefined> {
    const { message, deliveryCount } = received;
    const { directory, record, observer } = this.#options;
    const signal = this.#stop.signal;
    const held: HeldRow = { deliveryId: message.deliveryId, epoch: message.epoch, redelivered: deliveryCount > 1 };
    while (true) {
      if (this.#draining) {
        await this.#giveBack(received);
        return undefined;
      }
      const endpoint = directory.peek(message.endpointId) ?? (await this.#read(received));
      if (endpoint === "unreadable") return undefined;
      if (!endpoint) {
        await insist(() => record.end([{ ...held, reason: "ENDPOINT_DELETED" }]), signal);
        return undefined;
      }
      const reason = heldReasonOf(endpoint.status);
      if (reason !== null) {
        const outcome = await insist(() => this.#hold.add({ ...held, reason }), signal);
        if (outcome === "held") observer.held(message.region);
        if (outcome !== "active") return undefined;
        directory.forget(message.endpointId);
        continue;
      }
      if (road === "lane") return endpoint;
      const admission = this.budgets.admit(message.endpointId, endpoint.maxInFlight, Date.now());
      if (admission === "send") return endpoint;
      if (admission === "lane") {
        observer.movedToLane(message.region);
        await this.#handOver.move(received, queues.lanes(message.region));
        return undefined;
      }
      await this.budgets.place(message.endpointId);
    }
  }

  /** A new publication, not a nak, which would raise the delivery count. */
  async #giveBack(received: Received): Promise<void> {
    const { message, queue } = received;
    const lane = queues.lanes(message.region);
    // Not into its tier, where it would wait behind everything that is parked there.
    if (message.dueAt > Date.now()) await this.#handOver.shelve(received);
    else await this.#handOver.move(received, queue === lane ? lane : queues.deliveries(message.region));
  }

  /** An endpoint that cannot be read, say because its secret cannot be opened: nothing is sent unsigned. */
  async #read({ message, deliveryCount }: Received): Promise<DeliveryEndpoint | "unreadable" | undefined> {
    try {
      return await insist(() => this.#options.directory.get(message.endpointId), this.#stop.signal);
    } catch (error) {
      if (error instanceof Stopped) throw error;
      const endpointId = formatId("endpoint", message.endpointId);
      const about = { ...deliveryInLog(message), endpointId };
      this.#options.onError("an endpoint cannot be read: its deliveries wait", error, about);
      this.#options.observer.unreadable(message.region);
      await this.#handOver.leave(message, deliveryCount);
      return "unreadable";
    }
  }

  async #attempt(
    received: Received,
    endpoint: DeliveryEndpoint,
    place: Place,
    road: Road,
    trace?: DeliveryTrace,
  ): Promise<void> {
    const { message } = received;
    const { sender, observer, pod, schedule, userAgent, shareTraces } = this.#options;
    // Only this one leaves unread: the first publication, handed out for the first time.
    const first = message.epoch === 0 && received.deliveryCount === 1;
    const attemptId = first ? message.deliveryId : newUuid();
    let number = 1;
    let scheduled = true;
    let request: RequestTrace | undefined;
    let result: Awaited<ReturnType<WebhookSender["send"]>> | undefined;
    const startedAt = Date.now();
    try {
      if (!first) {
        const row = {
          deliveryId: message.deliveryId,
          epoch: message.epoch,
          attemptId,
          startedAt: new Date(startedAt),
          pod,
          maxAttempts: schedule.length,
        };
        const begun = await insist(() => this.#begin.add(row), this.#stop.signal);
        if (begun.kind === "ended") {
          observer.dead(message.region);
          await this.#options.publisher.publishDead(message, begun.reason);
        }
        if (begun.kind !== "begun") return;
        ({ number, scheduled } = begun);
      }
      this.#attempts.set(place, { message, first });
      // Recording the attempt may have taken a while, in which its keys may have changed.
      const known = this.#options.directory.peek(message.endpointId) ?? endpoint;
      const { url, allowance } = known;
      request = trace?.request({ url, attemptId, number });
      const headers = requestHeaders(message, attemptId, known, startedAt, userAgent);
      const traceparent = shareTraces ? (request?.traceparent ?? message.traceparent) : undefined;
      if (traceparent !== undefined) headers["traceparent"] = traceparent;
      result = await sender.send({ url, allowance, headers, body: message.body });
    } finally {
      this.#attempts.delete(place);
      request?.end(result);
      this.budgets.answered(place, result?.outcome === "SUCCESS", result?.outcome === "TIMEOUT", Date.now());
    }
    observer.attempt({
      region: message.region,
      road,
      outcome: result.outcome,
      duration: result.timing.totalMs,
      late: startedAt - message.dueAt,
      firstLatency: first ? startedAt - uuidTime(message.deliveryId) : undefined,
    });
    await this.#settlement.settle({ message, attemptId, number, scheduled, startedAt, result });
  }

  /** Attempts that turned slow leave the main budget, and first ones become visible as SENDING. */
  #ageOut(): void {
    const rows = this.budgets.ageOut(Date.now()).flatMap((place) => {
      const attempt = this.#attempts.get(place);
      if (!attempt?.first) return [];
      const { deliveryId, epoch } = attempt.message;
      const startedAt = new Date(place.startedAt);
      return [{ deliveryId, epoch, attemptId: deliveryId, startedAt, pod: this.#options.pod }];
    });
    if (rows.length === 0) return;
    this.#options.record.markSending(rows).catch((error: unknown) => {
      if (!(error instanceof RowError)) this.#options.onError("slow attempts could not be shown as SENDING", error);
    });
  }
}
