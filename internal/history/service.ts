import { auditDone, changesBetween } from "../domain/audit.ts";
import { type Caller, type Page, requireCaller } from "../domain/caller.ts";
import type { Attempt, Delivery } from "../domain/entities.ts";
import { DomainError, notFound } from "../domain/errors.ts";
import { parseId, type Uuid } from "../domain/ids.ts";
import type { Paging } from "../domain/paging.ts";
import { requireWebhookPlan } from "../domain/plan.ts";
import { type EndpointStatus, heldReasonOf, isFinished } from "../domain/states.ts";
import type { HistoryApi, ListDeliveriesInput } from "./api.ts";
import type { HistoryRecord, OwnDelivery, Republisher, RetryOutcome } from "./ports.ts";

export interface HistoryServiceOptions {
  record: HistoryRecord;
  paging: Paging;
  republisher: Republisher;
}

/** Answers "what happened?", and makes one more attempt on request. */
export class HistoryService implements HistoryApi {
  readonly #options: HistoryServiceOptions;

  constructor(options: HistoryServiceOptions) {
    this.#options = options;
  }

  async listDeliveries(caller: Caller, input: ListDeliveriesInput): Promise<Page<Delivery>> {
    const companyId = companyOf(caller);
    const { record, paging } = this.#options;
    const id = parseId("endpoint", input.webhookId);
    const endpoint = id && (await record.readEndpoint(companyId, id));
    if (!endpoint) throw notFound("webhook", input.webhookId);
    const statuses = [...new Set(input.statuses)].toSorted();
    const page = await paging.scan(input, ["deliveries", id, statuses.join()], (range) =>
      record.scanDeliveries({ ...range, endpointId: id, statuses }),
    );
    await this.#addAttempts(page.items);
    return { ...page, items: page.items.map((delivery) => shown(delivery, endpoint.status)) };
  }

  async getDelivery(caller: Caller, deliveryId: string): Promise<Delivery> {
    const { delivery, endpointStatus } = await this.#read(companyOf(caller), deliveryId);
    return shown(delivery, endpointStatus);
  }

  async retryDelivery(caller: Caller, deliveryId: string): Promise<Delivery> {
    const companyId = companyOf(caller);
    const { delivery } = await this.#read(companyId, deliveryId);
    const { id, workspaceId } = delivery;
    const about = { companyId, workspaceId, resource: { kind: "delivery", id } } as const;
    const outcome = await this.#options.record.retry(companyId, id, {
      check: (planTier) => requireWebhookPlan(planTier, "retry deliveries"),
      audit: (before) => auditDone(caller, about, changesBetween({ status: before }, { status: "PENDING" })),
    });
    if (outcome.kind !== "retrying") throw refusal(outcome.kind, deliveryId);
    this.#options.republisher.republish(outcome.message);
    return this.getDelivery(caller, deliveryId);
  }

  async #read(companyId: Uuid, deliveryId: string): Promise<OwnDelivery> {
    const id = parseId("delivery", deliveryId);
    const read = id && (await this.#options.record.readDelivery(companyId, id));
    if (!read) throw notFound("delivery", deliveryId);
    return read;
  }

  async #addAttempts(deliveries: Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const byId = new Map<Uuid, Attempt[]>(deliveries.map(({ id, attempts }) => [id, attempts]));
    for (const attempt of await this.#options.record.readAttempts([...byId.keys()])) {
      byId.get(attempt.deliveryId)?.push(attempt);
    }
  }
}

function companyOf(caller: Caller): Uuid {
  return requireCaller(caller, "company", "deliveries are read and retried").companyId;
}

/**
 * As a reader sees it: a delivery of an endpoint that is not ACTIVE is on hold, wherever its message still lies, and
 * only what waits has a next attempt.
 */
function shown(delivery: Delivery, endpointStatus: EndpointStatus | null): Delivery {
  const { status, nextAttemptAt } = delivery;
  const waits = status === "PENDING" || status === "RETRY_SCHEDULED";
  return {
    ...delivery,
    heldReason: endpointStatus === null || isFinished(status) ? null : heldReasonOf(endpointStatus),
    nextAttemptAt: waits ? nextAttemptAt : null,
  };
}

function refusal(kind: Exclude<RetryOutcome["kind"], "retrying">, deliveryId: string): DomainError {
  if (kind === "absent") return notFound("delivery", deliveryId);
  const [reason, message] = refusals[kind];
  return new DomainError("FAILED_PRECONDITION", reason, message);
}

const refusals = {
  unfinished: [
    "DELIVERY_UNFINISHED",
    "this delivery is not finished, Sealpost is still working on it: wait until it is SUCCEEDED or FAILED",
  ],
  endpointDisabled: ["ENDPOINT_DISABLED", "the delivery's endpoint is disabled: enable it, then retry"],
  endpointDeleted: ["ENDPOINT_DELETED", "the delivery's endpoint was deleted: nothing can be sent to it any more"],
  eventExpired: ["EVENT_EXPIRED", "the event is no longer kept: publish it again"],
} as const;
