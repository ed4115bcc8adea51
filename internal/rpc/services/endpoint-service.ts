import { create } from "@bufbuild/protobuf";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import { invalidArgument } from "../../domain/errors.ts";
import type { EndpointApi } from "../../endpoints/api.ts";
import { ListWebhookEndpointsResponseSchema, WebhookEndpointService } from "../gen/sealpost/v1/webhook_endpoint_pb.js";
import { implement, type Method } from "../method.ts";
import { endpointMessage, readCreate, readRotation, readUpdate } from "./endpoint-messages.ts";

/** WebhookEndpointService over the endpoint rules. */
export function endpointService(endpoints: EndpointApi): Method[] {
  return implement(WebhookEndpointService, {
    async createWebhookEndpoint(caller, request) {
      const { endpoint, secret } = await endpoints.create(caller, readCreate(request));
      return endpointMessage(endpoint, secret);
    },
    async getWebhookEndpoint(caller, request) {
      return endpointMessage(await endpoints.get(caller, request.webhookId));
    },
    async getManagedWebhookEndpoint(caller, request) {
      return endpointMessage(await endpoints.getManaged(caller, request.managerUid));
    },
    async listWebhookEndpoints(caller, request) {
      const page = await endpoints.list(caller, request);
      return create(ListWebhookEndpointsResponseSchema, {
        webhooks: page.items.map((endpoint) => endpointMessage(endpoint)),
        nextPageToken: page.nextPageToken,
      });
    },
    async updateWebhookEndpoint(caller, request) {
      return endpointMessage(await endpoints.update(caller, readUpdate(request), request));
    },
    async rotateWebhookEndpointSecret(caller, request) {
      const { endpoint, secret } = await endpoints.rotateSecret(caller, readRotation(request), request);
      return endpointMessage(endpoint, secret);
    },
    async enableWebhookEndpoint(caller, request) {
      return endpointMessage(await endpoints.enable(caller, request.webhookId, request));
    },
    async disableWebhookEndpoint(caller, request) {
      return endpointMessage(await endpoints.disable(caller, request.webhookId, request));
    },
    async deleteWebhookEndpoint(caller, request) {
      await endpoints.delete(caller, request.webhookId, request);
      return create(EmptySchema);
    },
    async adoptWebhookEndpoint(caller, { webhookId, managedBy }) {
      if (!managedBy) throw invalidArgument({ field: "managed_by", description: "names the resource that adopts it" });
      return endpointMessage(await endpoints.adopt(caller, webhookId, managedBy));
    },
    async releaseWebhookEndpoint(caller, request) {
      return endpointMessage(await endpoints.release(caller, request.webhookId, request));
    },
  });
}
