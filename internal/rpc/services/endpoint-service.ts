import { create } from "@bufbuild/protobuf";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import type { EndpointApi } from "../../endpoints/api.ts";
import { ListWebhookEndpointsResponseSchema, WebhookEndpointService } from "../gen/sealpost/v1/webhook_endpoint_pb.js";
import { implement, type Method } from "../method.ts";
import { endpointMessage, readUpdate } from "./endpoint-messages.ts";

/** WebhookEndpointService over the endpoint rules. */
export function endpointService(endpoints: EndpointApi): Method[] {
  return implement(WebhookEndpointService, {
    async createWebhookEndpoint(caller, request) {
      const { endpoint, secret } = await endpoints.create(caller, request);
      return endpointMessage(endpoint, secret);
    },
    async getWebhookEndpoint(caller, request) {
      return endpointMessage(await endpoints.get(caller, request.webhookId));
    },
    async listWebhookEndpoints(caller, request) {
      const page = await endpoints.list(caller, request);
      return create(ListWebhookEndpointsResponseSchema, {
        webhooks: page.items.map((endpoint) => endpointMessage(endpoint)),
        nextPageToken: page.nextPageToken,
      });
    },
    async updateWebhookEndpoint(caller, request) {
      return endpointMessage(await endpoints.update(caller, readUpdate(request)));
    },
    async enableWebhookEndpoint(caller, request) {
      return endpointMessage(await endpoints.enable(caller, request.webhookId));
    },
    async disableWebhookEndpoint(caller, request) {
      return endpointMessage(await endpoints.disable(caller, request.webhookId));
    },
    async deleteWebhookEndpoint(caller, request) {
      await endpoints.delete(caller, request.webhookId);
      return create(EmptySchema);
    },
  });
}
