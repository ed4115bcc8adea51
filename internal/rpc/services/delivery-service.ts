import { create } from "@bufbuild/protobuf";
import type { HistoryApi } from "../../history/api.ts";
import { DeliveryService, ListDeliveriesResponseSchema } from "../gen/sealpost/v1/delivery_pb.js";
import { implement, type Method } from "../method.ts";
import { deliveryMessage, readList } from "./delivery-messages.ts";

/** DeliveryService over the record. */
export function deliveryService(history: HistoryApi): Method[] {
  return implement(DeliveryService, {
    async listDeliveries(caller, request) {
      const page = await history.listDeliveries(caller, readList(request));
      return create(ListDeliveriesResponseSchema, {
        deliveries: page.items.map(deliveryMessage),
        nextPageToken: page.nextPageToken,
      });
    },
    async getDelivery(caller, request) {
      return deliveryMessage(await history.getDelivery(caller, request.deliveryId));
    },
    async retryDelivery(caller, request) {
      return deliveryMessage(await history.retryDelivery(caller, request.deliveryId));
    },
  });
}
