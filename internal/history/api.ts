import type { Caller, Page } from "../domain/caller.ts";
import type { Delivery } from "../domain/entities.ts";
import type { TimedPageRequest } from "../domain/paging.ts";
import type { DeliveryStatus } from "../domain/states.ts";

export interface ListDeliveriesInput extends TimedPageRequest {
  webhookId: string;
  /** Empty: all. */
  statuses: DeliveryStatus[];
}

/** What happened to deliveries, and the manual retry. */
export interface HistoryApi {
  /** Newest first; attempts come without response bodies. */
  listDeliveries(caller: Caller, input: ListDeliveriesInput): Promise<Page<Delivery>>;
  getDelivery(caller: Caller, deliveryId: string): Promise<Delivery>;
  /** @throws DomainError FAILED_PRECONDITION while the delivery is not finished, or its endpoint is disabled. */
  retryDelivery(caller: Caller, deliveryId: string): Promise<Delivery>;
}
