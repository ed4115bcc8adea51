import type { JsonObject } from "@bufbuild/protobuf";
import { formatId, parseId } from "../../../internal/domain/ids.ts";
import type { Method } from "../../../internal/rpc/method.ts";
import { client } from "../../harness/client.ts";
import type { Record } from "../../harness/record.ts";
import type { System } from "../../harness/system.ts";
import type { Tenant } from "../../harness/tenant.ts";
import { addJobs } from "../../integration/management/jobs.ts";

export const endpointFields = { url: "https://example.com/hook", events: ["*"] };
const managedBy = { cluster: "c", namespace: "n", name: "r" };

/** A request that is granted, for every management operation of the API. */
export class Granted {
  readonly #system: System;
  readonly #record: Record;
  readonly #tenant: Tenant;
  #uids = 0;

  constructor(system: System, record: Record, tenant: Tenant) {
    this.#system = system;
    this.#record = record;
    this.#tenant = tenant;
  }

  /** With whose key it is granted, and what it says; the resources that it names are made for it. */
  async request({ descriptor }: Method): Promise<{ key: string; fields: JsonObject }> {
    const fields = await this.#requests[descriptor.name]?.();
    if (!fields) throw new Error(`${descriptor.name} is new: say in this file with which request it is granted`);
    const forOperator = descriptor.parent.name === "TenantService";
    return { key: forOperator ? this.#system.adminKey : this.#tenant.companyKey, fields };
  }

  async addEndpoint(fields: object = {}): Promise<string> {
    const path = `/v1/workspaces/${this.#tenant.workspaceId}/webhooks`;
    return this.#make(this.#tenant.companyKey, path, { ...endpointFields, ...fields });
  }

  readonly #requests: { [method: string]: () => Promise<JsonObject> } = {
    CreateWebhookEndpoint: async () => ({ workspace_id: this.#tenant.workspaceId, ...endpointFields }),
    UpdateWebhookEndpoint: async () => ({ webhook_id: await this.addEndpoint(), description: "another" }),
    RotateWebhookEndpointSecret: async () => ({ webhook_id: await this.addEndpoint(), overlap: "60s" }),
    EnableWebhookEndpoint: async () => ({ webhook_id: await this.addEndpoint() }),
    DisableWebhookEndpoint: async () => ({ webhook_id: await this.addEndpoint() }),
    DeleteWebhookEndpoint: async () => ({ webhook_id: await this.addEndpoint() }),
    AdoptWebhookEndpoint: async () => ({
      webhook_id: await this.addEndpoint(),
      managed_by: { ...managedBy, uid: `u-${this.#uids++}` },
    }),
    ReleaseWebhookEndpoint: async () => {
      const uid = `u-${this.#uids++}`;
      return { webhook_id: await this.addEndpoint({ managedBy: { ...managedBy, uid } }), manager_uid: uid };
    },
    RetryDelivery: async () => ({ delivery_id: await this.#addDelivery(await this.addEndpoint()) }),
    CreateCompany: async () => ({ name: "Another", plan_tier: "FREE" }),
    SetPlanTier: async () => ({ company_id: this.#tenant.companyId, plan_tier: "ENTERPRISE" }),
    SetDeliveryNetworks: async () => ({
      company_id: this.#tenant.companyId,
      networks: [{ name: "services", cidr: "10.96.0.0/12" }],
    }),
    SetIpAllowlist: async () => ({
      company_id: this.#tenant.companyId,
      cidrs: ["127.0.0.0/8", "::1", "192.0.2.0/24"],
    }),
    CreateWorkspace: async () => ({ company_id: this.#tenant.companyId, name: "Another", region: "us" }),
    CreateProject: async () => ({ workspace_id: this.#tenant.workspaceId, name: "Another" }),
    CreateApiKey: async () => ({ company_id: this.#tenant.companyId, name: "another" }),
    RevokeApiKey: async () => {
      const path = `/v1/companies/${this.#tenant.companyId}/keys`;
      return { key_id: await this.#make(this.#system.adminKey, path, { name: "one to revoke" }) };
    },
  };

  async #addDelivery(webhookId: string): Promise<string> {
    const [job] = await addJobs(this.#record, parseId("endpoint", webhookId) ?? "", ["FAILED"]);
    return formatId("delivery", job?.id ?? "");
  }

  /** Answers its id. */
  async #make(key: string, path: string, body: object): Promise<string> {
    const made = await client(this.#system.apis[0]?.http ?? "", key).post<{ id: string }>(path, body);
    if (made.status !== 200) throw new Error(`POST ${path} answered ${made.status}: ${made.text}`);
    return made.body.id;
  }
}
