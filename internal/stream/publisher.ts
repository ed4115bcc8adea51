import { ErrorCode, headers, type Msg, type MsgHdrs, NatsError, type PubAck } from "nats";
import type { PublishOutcome, StreamPublisher } from "../delivery/ports.ts";
import { type DeliveryMessage, deliveryInLog, queues } from "../domain/message.ts";
import type { FailureReason } from "../domain/states.ts";
import { apiErrors } from "./api-error.ts";
import type { Connection } from "./connection.ts";
import { encodeMessage, messageId, traceHeaders } from "./message.ts";
import { subjectOf } from "./names.ts";
import type { PublishRequests } from "./publish-requests.ts";
import type { Topology } from "./topology.ts";

/** What a publication needs of a region. */
export interface PublishRoute {
  connection: Connection;
  topology: Topology;
  requests: PublishRequests;
}

/** A publish is given up after this long, tries included: the sweeper counts on it. */
const giveUpMs = 10_000;

/** The stream has no room for it, or never will. Any other error is the server's own trouble. */
const refusals: number[] = [
  apiErrors.storeFailed,
  apiErrors.messageTooLarge,
  apiErrors.storageResourcesExceeded,
  apiErrors.memoryResourcesExceeded,
  apiErrors.insufficientResources,
  apiErrors.accountResourcesExceeded,
];

/** Publishes into the regions' streams; see the port for what it promises. */
export class Publisher implements StreamPublisher {
  readonly #routes: ReadonlyMap<string, PublishRoute>;
  readonly #onError: (message: string, error: unknown, about?: Record<string, string>) => void;

  constructor(
    routes: ReadonlyMap<string, PublishRoute>,
    onError: (message: string, error: unknown, about?: Record<string, string>) => void,
  ) {
    this.#routes = routes;
    this.#onError = onError;
  }

  async publish(queue: string, message: DeliveryMessage): Promise<PublishOutcome> {
    return this.#publish(queue, message);
  }

  async publishDead(message: DeliveryMessage, reason: FailureReason): Promise<void> {
    await this.#publish(queues.dead(message.region), message, reason);
  }

  async #publish(queue: string, message: DeliveryMessage, reason?: FailureReason): Promise<PublishOutcome> {
    try {
      const route = this.#routes.get(message.region);
      if (!route) throw new Error(`region ${message.region} is not in this process's settings: add its NATS address`);
      return await this.#send(route, queue, message, encodeMessage(message, reason));
    } catch (error) {
      const tooLarge = error instanceof NatsError && error.code === ErrorCode.MaxPayloadExceeded;
      this.#onError(`a delivery could not be published into ${queue}`, error, deliveryInLog(message));
      return tooLarge ? "refused" : "unreachable";
    }
  }

  async #send(route: PublishRoute, queue: string, message: DeliveryMessage, data: Buffer): Promise<PublishOutcome> {
    const subject = subjectOf(queue, message.endpointId);
    const header = headersOf(message);
    const deadline = Date.now() + giveUpMs;
    let made = false;
    while (await route.connection.ready(deadline, giveUpMs)) {
      const answer = await route.requests.send(subject, data, header, deadline);
      // Whether it was stored is unknown; the same id is stored once.
      if (answer === "lost") continue;
      if (answer === "timeout") return "unreachable";
      if (!isNoStream(answer)) return this.#outcome(queue, answer);
      if (made) return "unreachable";
      await route.topology.ensure(queue);
      made = true;
    }
    return "unreachable";
  }

  #outcome(queue: string, answer: Msg): PublishOutcome {
    const { error } = answer.json<PubAck & { error?: { err_code: number; description: string } }>();
    if (!error) return "stored";
    if (refusals.includes(error.err_code)) return "refused";
    this.#onError(`stream ${queue} did not take a delivery: ${error.description} (${error.err_code})`, undefined);
    return "unreachable";
  }
}

function headersOf(message: DeliveryMessage): MsgHdrs {
  const header = headers();
  header.set("Nats-Msg-Id", messageId(message));
  if (message.traceparent !== undefined) header.set(traceHeaders.traceparent, message.traceparent);
  if (message.follows !== undefined) header.set(traceHeaders.follows, message.follows);
  return header;
}

/** Nobody listens on the subject: there is no such stream. */
function isNoStream(answer: Msg): boolean {
  return answer.data.length === 0 && answer.headers?.code === 503;
}
