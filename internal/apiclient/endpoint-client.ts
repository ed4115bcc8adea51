import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { durationFromMs, type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import {
  ApiRefusal,
  type CreateInput,
  type EndpointApi,
  type RemoteEndpoint,
  type WantedEndpoint,
  type WantedField,
} from "../controller/ports.ts";
import type { ManagedBy } from "../domain/entities.ts";
import {
  type UpdateWebhookEndpointRequestSchema,
  type WebhookEndpoint,
  WebhookEndpoint_Status,
  WebhookEndpointService,
} from "../rpc/gen/sealpost/v1/webhook_endpoint_pb.js";
import type { Caller } from "./breaker.ts";

const methods = WebhookEndpointService.method;

/** The fields of the proto, for masks. */
const maskNames: Record<WantedField, string> = {
  url: "url",
  events: "events",
  description: "description",
  maxInFlight: "max_in_flight",
  headers: "headers",
};

/** The endpoints of a company over gRPC. */
export class EndpointClient implements EndpointApi {
  readonly #api: Caller;
  readonly #mayChange: () => boolean;

  /**
   * `mayChange` is asked right before every change: a process that was stopped for a while must not go on where it was
   * when another one leads meanwhile.
   */
  constructor(api: Caller, mayChange: () => boolean) {
    this.#api = api;
    this.#mayChange = mayChange;
  }

  get(webhookId: string): Promise<RemoteEndpoint | undefined> {
    return orNone(this.#api.call(methods.getWebhookEndpoint, { webhookId }));
  }

  getManaged(managerUid: string): Promise<RemoteEndpoint | undefined> {
    return orNone(this.#api.call(methods.getManagedWebhookEndpoint, { managerUid }));
  }

  async create(input: CreateInput): Promise<RemoteEndpoint> {
    return remote(await this.#change(methods.createWebhookEndpoint, input));
  }

  async update(
    webhookId: string,
    managerUid: string,
    wanted: WantedEndpoint,
    fields: WantedField[],
  ): Promise<RemoteEndpoint> {
    const request: MessageInitShape<typeof UpdateWebhookEndpointRequestSchema> = {
      webhookId,
      managerUid,
      updateMask: { paths: fields.map((field) => maskNames[field]) },
    };
    for (const field of fields) Object.assign(request, { [field]: wanted[field] });
    return remote(await this.#change(methods.updateWebhookEndpoint, request));
  }

  async enable(webhookId: string, managerUid: string): Promise<RemoteEndpoint> {
    return remote(await this.#change(methods.enableWebhookEndpoint, { webhookId, managerUid }));
  }

  async disable(webhookId: string, managerUid: string): Promise<RemoteEndpoint> {
    return remote(await this.#change(methods.disableWebhookEndpoint, { webhookId, managerUid }));
  }

  async rotateSecret(
    webhookId: string,
    managerUid: string,
    secret: string,
    overlapMs: number,
  ): Promise<RemoteEndpoint> {
    const overlap = durationFromMs(overlapMs);
    const request = { webhookId, managerUid, secret, overlap };
    return remote(await this.#change(methods.rotateWebhookEndpointSecret, request));
  }

  async adopt(webhookId: string, managedBy: ManagedBy): Promise<RemoteEndpoint> {
    return remote(await this.#change(methods.adoptWebhookEndpoint, { webhookId, managedBy }));
  }

  async release(webhookId: string, managerUid: string): Promise<void> {
    await this.#change(methods.releaseWebhookEndpoint, { webhookId, managerUid });
  }

  async delete(webhookId: string, managerUid: string): Promise<void> {
    await this.#change(methods.deleteWebhookEndpoint, { webhookId, managerUid });
  }

  #change<M extends DescMethodUnary>(
    method: M,
    request: MessageInitShape<M["input"]>,
  ): Promise<MessageShape<M["output"]>> {
    if (this.#mayChange()) return this.#api.call(method, request);
    throw new Error("another process leads, so nothing was changed");
  }
}

async function orNone(asked: Promise<WebhookEndpoint>): Promise<RemoteEndpoint | undefined> {
  try {
    return remote(await asked);
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === "NOT_FOUND") return undefined;
    throw error;
  }
}

function remote(message: WebhookEndpoint): RemoteEndpoint {
  const { statistics, managedBy, signingKeys } = message;
  const [current, ...before] = signingKeys;
  const ends = before.flatMap(({ expireTime }) => (expireTime ? [timestampDate(expireTime).getTime()] : []));
  return {
    id: message.id,
    workspaceId: message.workspaceId,
    projectId: message.projectId,
    region: message.region,
    url: message.url,
    events: message.events,
    description: message.description,
    maxInFlight: message.maxInFlight,
    headerNames: Object.keys(message.headers).toSorted(),
    headersVersion: message.headersVersion,
    status: WebhookEndpoint_Status[message.status] as RemoteEndpoint["status"],
    reason: message.disabledReason,
    keyID: current?.id ?? "",
    previousKeyExpiresAt: ends.length > 0 ? new Date(Math.max(...ends)) : null,
    managedBy: managedBy ? ownerOf(managedBy) : null,
    statistics: {
      attempts: Number(statistics?.attempts ?? 0),
      succeeded: Number(statistics?.succeeded ?? 0),
      failed: Number(statistics?.failed ?? 0),
      consecutiveFailures: statistics?.consecutiveFailures ?? 0,
      lastSuccessAt: timeOf(statistics?.lastSuccessTime),
      lastFailureAt: timeOf(statistics?.lastFailureTime),
      lastStatus: statistics?.lastStatus || null,
    },
  };
}

function ownerOf({ cluster, namespace, name, uid }: ManagedBy): ManagedBy {
  return { cluster, namespace, name, uid };
}

function timeOf(time: Timestamp | undefined): Date | null {
  return time ? timestampDate(time) : null;
}
