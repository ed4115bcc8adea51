import type { AuditApi, ListAuditInput, RefusalLog } from "../../../internal/audit/api.ts";
import type { AuditEntry, AuditedResource } from "../../../internal/domain/audit.ts";
import type { Caller, KeyHolder } from "../../../internal/domain/caller.ts";
import type * as entities from "../../../internal/domain/entities.ts";
import { DomainError, invalidArgument, notFound } from "../../../internal/domain/errors.ts";
import { formatId, newUuid, parseId } from "../../../internal/domain/ids.ts";
import { checkJson } from "../../../internal/domain/json.ts";
import type { EndpointApi, UpdateEndpointInput } from "../../../internal/endpoints/api.ts";
import type { EventApi, PublishInput } from "../../../internal/events/api.ts";
import type { HistoryApi, ListDeliveriesInput } from "../../../internal/history/api.ts";
import { noDeliveryNetworks } from "../../../internal/network/allowance.ts";
import type { EdgeApis } from "../../../internal/rpc/methods.ts";
import type { Authenticator, KeyTerms, TenantApi } from "../../../internal/tenancy/api.ts";
import { readAllowlist } from "../../../internal/tenancy/ip-allowlist.ts";

/**
 * The flow in memory: the edge's own contract test needs somebody behind the interfaces who answers at once and
 * remembers what was asked. Rules live elsewhere and are tested there.
 */
export interface MemoryFlow {
  apis: EdgeApis;
  authenticator: Authenticator;
  workspaceId: string;
  published: PublishInput[];
  updates: UpdateEndpointInput[];
  listed: ListDeliveriesInput[];
  audited: ListAuditInput[];
  refusals: RefusalLog;
  /** What was refused: who by, what it named, and why. */
  refused: { caller: Caller; named: AuditedResource[]; error: unknown }[];
  /** When set, the next publication fails with it. */
  failNext: { error: unknown };
}

const now = new Date("2026-11-05T10:00:00.123Z");

/** Whoever the edge lets through may do everything from everywhere: the rules are tested where they are. */
const terms: KeyTerms = {
  permissions: undefined,
  limits: { CHANGE: 10, READ: 600 },
  allowlist: readAllowlist(["0.0.0.0/0", "::/0"]),
};

export function memoryFlow(): MemoryFlow {
  const companyId = newUuid();
  const workspaceId = newUuid();
  const callers = new Map<string, KeyHolder>([
    ["admin", { kind: "admin" }],
    ["company", { kind: "company", keyId: newUuid(), companyId }],
    ["workspace", { kind: "workspace", keyId: newUuid(), companyId, workspaceId }],
  ]);
  const published: PublishInput[] = [];
  const updates: UpdateEndpointInput[] = [];
  const listed: ListDeliveriesInput[] = [];
  const audited: ListAuditInput[] = [];
  const refused: MemoryFlow["refused"] = [];
  const failNext: { error: unknown } = { error: undefined };
  const company: entities.Company = {
    id: companyId,
    name: "Acme",
    planTier: "FREE",
    deliveryNetworks: noDeliveryNetworks,
    ipAllowlist: [],
    createdAt: now,
  };

  return {
    workspaceId: formatId("workspace", workspaceId),
    published,
    updates,
    listed,
    audited,
    refused,
    refusals: { add: async (caller, named, error) => void refused.push({ caller, named, error }) },
    failNext,
    authenticator: {
      async authenticate(key) {
        const caller = callers.get(key ?? "");
        if (caller) return { holder: caller, terms: caller.kind === "admin" ? undefined : terms };
        const said = key === undefined ? "no key was given: send Authorization: Bearer <key>" : "this key is unknown";
        throw new DomainError("UNAUTHENTICATED", key === undefined ? "KEY_MISSING" : "KEY_UNKNOWN", said);
      },
    },
    apis: {
      endpoints: endpointApi(workspaceId, updates),
      events: eventApi(workspaceId, published, failNext),
      history: historyApi(workspaceId, listed),
      tenants: tenantApi(company),
      audit: auditApi(companyId, audited),
    },
  };
}

function endpointApi(workspaceId: string, updates: UpdateEndpointInput[]): EndpointApi {
  const endpoints = new Map<string, entities.Endpoint>();
  const find = (shown: string) => {
    const found = endpoints.get(parseId("endpoint", shown) ?? "");
    if (!found) throw notFound("webhook endpoint", shown);
    return found;
  };
  const change = (shown: string, changes: Partial<entities.Endpoint>) => Object.assign(find(shown), changes);
  return {
    async create(_caller, input) {
      if (parseId("workspace", input.workspaceId) !== workspaceId) throw notFound("workspace", input.workspaceId);
      const endpoint: entities.Endpoint = {
        id: newUuid(),
        workspaceId,
        projectId: null,
        region: "eu",
        url: input.url,
        events: input.events,
        description: input.description,
        status: "ACTIVE",
        disabledReason: null,
        maxInFlight: input.maxInFlight || 64,
        managedBy: input.managedBy ?? null,
        keys: [{ id: newUuid(), scheme: "HMAC_SHA256", publicKey: null, createdAt: now, expiresAt: null }],
        headerNames: Object.keys(input.headers ?? {}),
        headersVersion: 1,
        etag: "1",
        createdAt: now,
        updatedAt: now,
        statistics: {
          attempts: 0,
          succeeded: 0,
          failed: 0,
          consecutiveFailures: 0,
          lastSuccessAt: null,
          lastFailureAt: null,
          lastStatus: null,
        },
      };
      endpoints.set(endpoint.id, endpoint);
      return { endpoint, secret: input.secret || "whsec_bWFkZSBmb3IgdGhlIGNhbGxlciwgMjQ=" };
    },
    get: async (_caller, webhookId) => find(webhookId),
    list: async () => ({ items: [...endpoints.values()], nextPageToken: "" }),
    async update(_caller, input) {
      updates.push(input);
      if (input.etag !== "" && input.etag !== find(input.webhookId).etag) {
        throw new DomainError("ABORTED", "ETAG_MISMATCH", "it was changed meanwhile: read it again");
      }
      return find(input.webhookId);
    },
    rotateSecret: async (_caller, { webhookId, secret }) => ({ endpoint: find(webhookId), secret }),
    enable: async (_caller, webhookId) => change(webhookId, { status: "ACTIVE", disabledReason: null }),
    disable: async (_caller, webhookId) => change(webhookId, { status: "DISABLED", disabledReason: "BY_REQUEST" }),
    async delete(_caller, webhookId) {
      endpoints.delete(find(webhookId).id);
    },
    async getManaged(_caller, managerUid) {
      const found = [...endpoints.values()].find(({ managedBy }) => managedBy?.uid === managerUid);
      if (!found) throw notFound("webhook endpoint", managerUid);
      return found;
    },
    adopt: async (_caller, webhookId, managedBy) => change(webhookId, { managedBy }),
    release: async (_caller, webhookId) => change(webhookId, { managedBy: null }),
  };
}

function eventApi(workspaceId: string, published: PublishInput[], failNext: { error: unknown }): EventApi {
  const data = new Map<string, Buffer>();
  async function publish(input: PublishInput): Promise<entities.Event> {
    const { error } = failNext;
    failNext.error = undefined;
    if (error !== undefined) throw error;
    const wrong = input.data.length > 0 ? checkJson(input.data) : undefined;
    if (wrong !== undefined) throw invalidArgument({ field: "data", description: wrong });
    published.push(input);
    const id = newUuid();
    data.set(id, Buffer.from(input.data));
    const type = input.eventType || "AUDIT_EVENT_CREATED";
    return { id, workspaceId, projectId: null, type, createdAt: now, deliveryCount: 0 };
  }
  return {
    publish: (_caller, input) => publish(input),
    publishBatch: (_caller, inputs) =>
      Promise.all(inputs.map((input) => publish(input).catch((error: unknown) => error as DomainError))),
    async get(_caller, shown) {
      const id = parseId("event", shown) ?? "";
      const found = data.get(id);
      if (!found) throw notFound("event", shown);
      return { id, workspaceId, projectId: null, type: "any.type", createdAt: now, deliveryCount: 2, data: found };
    },
  };
}

function historyApi(workspaceId: string, listed: ListDeliveriesInput[]): HistoryApi {
  const delivery = (): entities.Delivery => ({
    id: newUuid(),
    eventId: newUuid(),
    endpointId: newUuid(),
    workspaceId,
    eventType: "invoice.paid",
    region: "eu",
    status: "PENDING",
    attemptCount: 1,
    nextAttemptAt: now,
    heldReason: null,
    failureReason: null,
    createdAt: now,
    updatedAt: now,
    attempts: [
      {
        id: newUuid(),
        deliveryId: newUuid(),
        number: 1,
        outcome: "HTTP_5XX",
        httpStatus: 503,
        error: "the receiver answered 503",
        startedAt: now,
        timing: { dnsMs: 0, connectMs: 0.25, tlsMs: 0, firstByteMs: 3.5, totalMs: 4 },
        pod: "pod-1",
        response: {
          headers: { "content-type": "text/plain" },
          body: Buffer.from([0x6f, 0x6b, 0xff]),
          truncated: false,
        },
      },
    ],
  });
  return {
    async listDeliveries(_caller, input) {
      listed.push(input);
      return { items: [delivery()], nextPageToken: "more" };
    },
    getDelivery: async () => delivery(),
    async retryDelivery() {
      throw new DomainError("FAILED_PRECONDITION", "NOT_FINISHED", "it is still under way: wait until it has ended");
    },
  };
}

function tenantApi(company: entities.Company): TenantApi {
  const empty = async () => ({ items: [], nextPageToken: "" });
  return {
    createCompany: async (_caller, input) => ({ ...company, ...input }),
    getCompany: async () => company,
    listCompanies: async () => ({ items: [company], nextPageToken: "" }),
    setIpAllowlist: async (_caller, input) => ({ ...company, ipAllowlist: input.cidrs }),
    setPlanTier: async (_caller, input) => ({ ...company, planTier: input.planTier }),
    setDeliveryNetworks: async (_caller, deliveryNetworks) => ({ ...company, deliveryNetworks }),
    createWorkspace: async (_caller, { name, region }) => ({
      id: newUuid(),
      companyId: company.id,
      name,
      region,
      createdAt: now,
    }),
    listWorkspaces: empty,
    createProject: async (_caller, { name }) => ({ id: newUuid(), workspaceId: newUuid(), name, createdAt: now }),
    listProjects: empty,
    createApiKey: async (_caller, { name, expiresAt, permissions, operationsPerMinute, readsPerMinute }) => ({
      apiKey: {
        id: newUuid(),
        companyId: company.id,
        workspaceId: null,
        name,
        permissions: permissions ?? null,
        operationsPerMinute: operationsPerMinute ?? null,
        readsPerMinute: readsPerMinute ?? null,
        createdAt: now,
        expiresAt,
        revokedAt: null,
        lastUsedAt: null,
      },
      key: "the-key",
    }),
    listApiKeys: empty,
    revokeApiKey: async (_caller, keyId) => {
      throw notFound("API key", keyId);
    },
  };
}

function auditApi(companyId: string, audited: ListAuditInput[]): AuditApi {
  return {
    async list(_caller, input) {
      audited.push(input);
      const entry: AuditEntry = {
        id: newUuid(),
        companyId,
        workspaceId: null,
        createdAt: now,
        actor: { kind: "admin", keyId: null },
        origin: { address: "192.0.2.1", requestId: "r-1", method: "sealpost.v1.TenantService/SetPlanTier" },
        resource: { kind: "company", id: companyId },
        changes: [
          { field: "events", before: ["a.b"], after: ["*"] },
          { field: "description", before: "\u00e9" },
          { field: "secret", hidden: true },
        ],
        outcome: { status: "OK", reason: "" },
      };
      return { items: [entry], nextPageToken: "more" };
    },
  };
}
