import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { KnownCompany, KnownKey, KnownWorkspace, NewKey, Tenants } from "../bootstrap/ports.ts";
import { ApiRefusal } from "../controller/ports.ts";
import type { PlanTier } from "../domain/states.ts";
import type { DeliveryNetworks } from "../network/allowance.ts";
import { Permission } from "../rpc/gen/sealpost/v1/options_pb.js";
import {
  type ApiKey,
  type Company,
  Company_PlanTier,
  TenantService,
  type Workspace,
} from "../rpc/gen/sealpost/v1/tenant_pb.js";
import type { Channel } from "./channel.ts";
import { everyPage, pageSize } from "./pages.ts";

const methods = TenantService.method;

/** Companies, workspaces and keys over gRPC, with the operator's key. Every method throws ApiRefusal. */
export class TenantClient implements Tenants {
  readonly #channel: Channel;
  readonly #mayChange: () => boolean;

  /** `mayChange` is asked right before every change: a process that was stopped for a while must not go on where it was. */
  constructor(channel: Channel, mayChange: () => boolean) {
    this.#channel = channel;
    this.#mayChange = mayChange;
  }

  async company(companyId: string): Promise<KnownCompany | undefined> {
    try {
      return companyOf(await this.#channel.call(methods.getCompany, { companyId }));
    } catch (error) {
      if (error instanceof ApiRefusal && error.status === "NOT_FOUND") return undefined;
      throw error;
    }
  }

  async companies(): Promise<KnownCompany[]> {
    return everyPage(async (pageToken) => {
      const page = await this.#channel.call(methods.listCompanies, { pageSize, pageToken });
      return { items: page.companies.map(companyOf), next: page.nextPageToken };
    });
  }

  async createCompany(name: string, planTier: PlanTier): Promise<KnownCompany> {
    return companyOf(await this.#change(methods.createCompany, { name, planTier: Company_PlanTier[planTier] }));
  }

  async setIpAllowlist(companyId: string, cidrs: string[]): Promise<void> {
    await this.#change(methods.setIpAllowlist, { companyId, cidrs });
  }

  async setDeliveryNetworks(companyId: string, networks: DeliveryNetworks): Promise<void> {
    await this.#change(methods.setDeliveryNetworks, { companyId, ...networks });
  }

  async workspaces(companyId: string): Promise<KnownWorkspace[]> {
    return everyPage(async (pageToken) => {
      const page = await this.#channel.call(methods.listWorkspaces, { companyId, pageSize, pageToken });
      return { items: page.workspaces.map(workspaceOf), next: page.nextPageToken };
    });
  }

  async createWorkspace(companyId: string, name: string, region: string): Promise<KnownWorkspace> {
    return workspaceOf(await this.#change(methods.createWorkspace, { companyId, name, region }));
  }

  async keys(companyId: string): Promise<KnownKey[]> {
    const now = Date.now();
    return everyPage(async (pageToken) => {
      const page = await this.#channel.call(methods.listApiKeys, { companyId, pageSize, pageToken });
      return { items: page.apiKeys.map((key) => keyOf(key, now)), next: page.nextPageToken };
    });
  }

  async createKey({ permissions, ...terms }: NewKey): Promise<{ id: string; key: string }> {
    const asked = { ...terms, permissions: permissions.map((name) => Permission[name]) };
    const { id, key } = await this.#change(methods.createApiKey, asked);
    return { id, key };
  }

  async revokeKey(keyId: string): Promise<void> {
    await this.#change(methods.revokeApiKey, { keyId });
  }

  #change<M extends DescMethodUnary>(
    method: M,
    request: MessageInitShape<M["input"]>,
  ): Promise<MessageShape<M["output"]>> {
    if (this.#mayChange()) return this.#channel.call(method, request);
    throw new Error("the lease was lost to another run, so nothing was changed");
  }
}

function companyOf({ id, name, planTier, ipAllowlist, deliveryNetworks }: Company): KnownCompany {
  const { networks = [], nameSuffixes = [], allowHttp = false } = deliveryNetworks ?? {};
  return {
    id,
    name,
    planTier: Company_PlanTier[planTier] as PlanTier,
    ipAllowlist,
    deliveryNetworks: { networks: networks.map(({ name, cidr }) => ({ name, cidr })), nameSuffixes, allowHttp },
  };
}

function workspaceOf({ id, name, region }: Workspace): KnownWorkspace {
  return { id, name, region };
}

function keyOf({ id, name, workspaceId, expireTime, revokeTime, lastUsedTime }: ApiKey, now: number): KnownKey {
  const ended = revokeTime !== undefined || (expireTime !== undefined && timestampDate(expireTime).getTime() <= now);
  return { id, name, workspaceId, usable: !ended, everUsed: lastUsedTime !== undefined };
}
