import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ApiRefusal } from "../controller/ports.ts";
import {
  type Delivery,
  Delivery_Status,
  DeliveryAttempt_Outcome,
  DeliveryService,
} from "../rpc/gen/sealpost/v1/delivery_pb.js";
import { EventService } from "../rpc/gen/sealpost/v1/event_pb.js";
import {
  type WebhookEndpoint,
  WebhookEndpoint_Status,
  WebhookEndpointService,
} from "../rpc/gen/sealpost/v1/webhook_endpoint_pb.js";
import type { ShownAttempt, ShownDelivery, ShownEndpoint, VerificationApi } from "../verification/ports.ts";
import type { Channel } from "./channel.ts";
import { everyPage, pageSize } from "./pages.ts";
import { type Patience, patiently } from "./patience.ts";

const endpoints = WebhookEndpointService.method;
const deliveries = DeliveryService.method;
/** A delivery is made with its event; the API's clock tells both, up to this, in ms. */
const slackMs = 1_000;

/** The API as a publisher and its company see it. Every call waits while the API is away. */
export class VerificationClient implements VerificationApi {
  readonly #company: Channel;
  readonly #workspace: Channel;
  readonly #patience: Patience;

  constructor(company: Channel, workspace: Channel, patience: Patience) {
    this.#company = company;
    this.#workspace = workspace;
    this.#patience = patience;
  }

  async endpoint(webhookId: string): Promise<ShownEndpoint | undefined> {
    try {
      return endpointOf(await this.#manage(endpoints.getWebhookEndpoint, { webhookId }));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async endpoints(workspaceId: string): Promise<ShownEndpoint[]> {
    return everyPage(async (pageToken) => {
      const page = await this.#manage(endpoints.listWebhookEndpoints, { workspaceId, pageSize, pageToken });
      return { items: page.webhooks.map(endpointOf), next: page.nextPageToken };
    });
  }

  async createEndpoint(input: Parameters<VerificationApi["createEndpoint"]>[0]): Promise<ShownEndpoint> {
    return endpointOf(await this.#manage(endpoints.createWebhookEndpoint, input));
  }

  async deleteEndpoint(webhookId: string): Promise<void> {
    try {
      await this.#manage(endpoints.deleteWebhookEndpoint, { webhookId });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async publish({ data, ...event }: Parameters<VerificationApi["publish"]>[0]) {
    const request = { ...event, data: Buffer.from(data) };
    const { id, createTime, deliveryCount } = await patiently(this.#patience, () =>
      this.#workspace.call(EventService.method.publishEvent, request),
    );
    return { id, createdAt: dateOf(createTime), deliveryCount };
  }

  async deliveryOf(webhookId: string, event: { id: string; createdAt: Date }): Promise<ShownDelivery | undefined> {
    const at = event.createdAt.getTime();
    const [createdAfter, createdBefore] = [timestampFromMs(at - slackMs), timestampFromMs(at + slackMs)];
    const found = await everyPage(async (pageToken) => {
      const asked = { webhookId, createdAfter, createdBefore, pageSize, pageToken };
      const page = await this.#manage(deliveries.listDeliveries, asked);
      return { items: page.deliveries.filter(({ eventId }) => eventId === event.id), next: page.nextPageToken };
    });
    return found[0] && deliveryOf(found[0]);
  }

  #manage<M extends DescMethodUnary>(
    method: M,
    request: MessageInitShape<M["input"]>,
  ): Promise<MessageShape<M["output"]>> {
    return patiently(this.#patience, () => this.#company.call(method, request));
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApiRefusal && error.status === "NOT_FOUND";
}

function endpointOf(message: WebhookEndpoint): ShownEndpoint {
  const { id, projectId, url, events, description, status, disabledReason: reason, createTime } = message;
  const shown = WebhookEndpoint_Status[status] as ShownEndpoint["status"];
  return { id, projectId, url, events, description, status: shown, reason, createdAt: dateOf(createTime) };
}

function deliveryOf({
  id,
  region,
  status,
  heldReason,
  failureReason,
  nextAttemptTime,
  attempts,
}: Delivery): ShownDelivery {
  return {
    id,
    region,
    status: Delivery_Status[status] as ShownDelivery["status"],
    heldReason,
    failureReason,
    nextAttemptAt: nextAttemptTime && timestampDate(nextAttemptTime),
    attempts: attempts.map(({ number, outcome, httpStatus, error, pod, timing }) => ({
      number,
      outcome: DeliveryAttempt_Outcome[outcome] as ShownAttempt["outcome"],
      httpStatus,
      error,
      pod,
      totalMs: timing?.totalMs ?? 0,
    })),
  };
}

function dateOf(time: Timestamp | undefined): Date {
  return time ? timestampDate(time) : new Date(0);
}
