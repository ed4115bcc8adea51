import type { AuditApi } from "../audit/api.ts";
import type { EndpointApi } from "../endpoints/api.ts";
import type { EventApi } from "../events/api.ts";
import type { HistoryApi } from "../history/api.ts";
import type { TenantApi } from "../tenancy/api.ts";
import type { Method } from "./method.ts";
import { auditService } from "./services/audit-service.ts";
import { deliveryService } from "./services/delivery-service.ts";
import { endpointService } from "./services/endpoint-service.ts";
import { eventService } from "./services/event-service.ts";
import { tenantService } from "./services/tenant-service.ts";
import type { EdgeLogger } from "./status.ts";

/** What the edge puts on the wire. */
export interface EdgeApis {
  audit: AuditApi;
  endpoints: EndpointApi;
  events: EventApi;
  history: HistoryApi;
  tenants: TenantApi;
}

/** Every method of the public API. */
export function apiMethods(apis: EdgeApis, logger: EdgeLogger): Method[] {
  return [
    ...endpointService(apis.endpoints),
    ...eventService(apis.events, logger),
    ...deliveryService(apis.history),
    ...tenantService(apis.tenants),
    ...auditService(apis.audit),
  ];
}
