import { type Caller, type Page, type PageRequest, requireCaller } from "../domain/caller.ts";
import type { Endpoint, ManagedBy } from "../domain/entities.ts";
import { DomainError, notFound } from "../domain/errors.ts";
import { newUuid, parseId, type Uuid, uuidTime } from "../domain/ids.ts";
import type { Paging } from "../domain/paging.ts";
import { requireWebhookPlan } from "../domain/plan.ts";
import type { OutgoingRules } from "../network/outgoing-rules.ts";
import type { CreateEndpointInput, EndpointApi, RotateSecretInput, UpdateEndpointInput } from "./api.ts";
import { auditChanged, auditCreated, auditDeleted, auditRotated } from "./audit.ts";
import { defaultMaxInFlight, readFields } from "./fields.ts";
import { headerViolations, readHeaders } from "./headers.ts";
import { alreadyManages, type Manager, nobody, requireAdoptable, requireManager } from "./managed.ts";
import { makeSecret, secretViolations } from "./new-secret.ts";
import type { CompanyTerms, Decide, DecideRotation, EndpointRecord, OwnWorkspace } from "./ports.ts";
import { rotationFor } from "./rotate.ts";
import { changeTo, readUpdate } from "./update.ts";
import type { UrlPolicy } from "./url-policy.ts";

export interface EndpointServiceOptions {
  record: EndpointRecord;
  paging: Paging;
  /** Where endpoints may lead. */
  outgoing: OutgoingRules;
  /** How many endpoints a workspace may have. */
  perWorkspace: number;
  onError: (message: string, error: unknown) => void;
}

/** Deliveries of a deleted endpoint are ended in pages, this many at once; what is left, the sweeper ends. */
const endPage = 500;
const endPages = 20;

const defaultScheme = "HMAC_SHA256";

const noStatistics = {
  attempts: 0,
  succeeded: 0,
  failed: 0,
  consecutiveFailures: 0,
  lastSuccessAt: null,
  lastFailureAt: null,
  lastStatus: null,
};

/** The rules of endpoints. */
export class EndpointService implements EndpointApi {
  readonly #options: EndpointServiceOptions;

  constructor(options: EndpointServiceOptions) {
    this.#options = options;
  }

  async create(caller: Caller, input: CreateEndpointInput): Promise<{ endpoint: Endpoint; secret: string }> {
    const companyId = companyOf(caller);
    const workspace = await this.#workspace(companyId, input.workspaceId);
    const check = ({ planTier }: CompanyTerms) => requireWebhookPlan(planTier, "create endpoints");
    // Before anything else that could be wrong, and again where it cannot change any more.
    check(workspace);
    const { url, events, description, secret, signatureScheme, headers = {} } = input;
    const wanted = { secret, signatureScheme };
    const fields = readFields(
      { url, events, description, max_in_flight: input.maxInFlight || defaultMaxInFlight },
      this.#urlPolicy(workspace),
      [...secretViolations(wanted, defaultScheme), ...headerViolations(headers)],
    );
    const projectId = await this.#project(workspace.id, input.projectId);
    const id = newUuid();
    const createdAt = new Date(uuidTime(id));
    const made = makeSecret(wanted, defaultScheme, createdAt);
    const hidden = { secret: made.secret, headers: readHeaders(headers) };
    const endpoint: Endpoint = {
      id,
      workspaceId: workspace.id,
      projectId: projectId ?? null,
      region: workspace.region,
      url: fields.url,
      events,
      description,
      status: input.disabled ? "DISABLED" : "ACTIVE",
      disabledReason: input.disabled ? "BY_REQUEST" : null,
      maxInFlight: fields.max_in_flight,
      managedBy: input.managedBy ? managerOf(input.managedBy) : null,
      keys: [made.key],
      headerNames: Object.keys(hidden.headers),
      headersVersion: 1,
      etag: "1",
      createdAt,
      updatedAt: createdAt,
      statistics: noStatistics,
    };
    const limit = this.#options.perWorkspace;
    const entry = auditCreated(caller, companyId, endpoint);
    const added = await this.#options.record.add(companyId, endpoint, hidden, { limit, check, entry });
    if (typeof added === "string" && endpoint.managedBy) throw alreadyManages(endpoint.managedBy, added);
    if (!added) {
      throw new DomainError(
        "RESOURCE_EXHAUSTED",
        "ENDPOINT_LIMIT",
        `this workspace has ${limit} endpoints, as many as it may: delete one that is not needed, or ask the operator ` +
          "to raise ENDPOINTS_PER_WORKSPACE",
      );
    }
    return { endpoint, secret: made.secret };
  }

  async get(caller: Caller, webhookId: string): Promise<Endpoint> {
    const companyId = companyOf(caller);
    const id = parseId("endpoint", webhookId);
    return (id && (await this.#options.record.read(companyId, id))) || absent(webhookId);
  }

  async getManaged(caller: Caller, managerUid: string): Promise<Endpoint> {
    const endpoint = await this.#options.record.readManaged(companyOf(caller), managerUid);
    if (!endpoint) throw notFound("webhook managed by resource", managerUid);
    return endpoint;
  }

  async list(caller: Caller, input: PageRequest & { workspaceId: string; projectId: string }): Promise<Page<Endpoint>> {
    const workspace = await this.#workspace(companyOf(caller), input.workspaceId);
    const projectId = await this.#project(workspace.id, input.projectId);
    return this.#options.paging.page(input, ["endpoints", workspace.id, projectId ?? ""], (slice) =>
      this.#options.record.list(workspace.id, projectId, slice),
    );
  }

  async update(caller: Caller, input: UpdateEndpointInput, as = nobody): Promise<Endpoint> {
    let headersSet: string[] = [];
    const decide: Decide = (current, terms) => {
      requireWebhookPlan(terms.planTier, "update endpoints");
      requireManager(current, as);
      const change = changeTo(readUpdate(input, this.#urlPolicy(terms), current.headerNames), input.etag, current);
      headersSet = Object.entries(change?.headers ?? {}).flatMap(([name, value]) => (value === "" ? [] : [name]));
      return change;
    };
    return this.#change(caller, input.webhookId, decide, () => headersSet);
  }

  async rotateSecret(
    caller: Caller,
    input: RotateSecretInput,
    as = nobody,
  ): Promise<{ endpoint: Endpoint; secret: string }> {
    const companyId = companyOf(caller);
    const id = parseId("endpoint", input.webhookId);
    let { secret } = input;
    const decide: DecideRotation = (current, { planTier }, live) => {
      requireWebhookPlan(planTier, "rotate secrets");
      requireManager(current, as);
      const rotation = rotationFor(input, current, live);
      secret = rotation?.add?.secret ?? input.secret;
      return rotation;
    };
    const audit = auditRotated(caller, companyId);
    const endpoint =
      (id && (await this.#options.record.rotate(companyId, id, decide, audit))) || absent(input.webhookId);
    return { endpoint, secret };
  }

  async enable(caller: Caller, webhookId: string, as = nobody): Promise<Endpoint> {
    return this.#change(caller, webhookId, (current, { planTier }) => {
      requireWebhookPlan(planTier, "enable endpoints");
      requireManager(current, as);
      return current.status === "ACTIVE" ? undefined : { status: "ACTIVE", disabledReason: null };
    });
  }

  async disable(caller: Caller, webhookId: string, as = nobody): Promise<Endpoint> {
    return this.#change(caller, webhookId, (current) => {
      requireManager(current, as);
      return current.status === "DISABLED" ? undefined : { status: "DISABLED", disabledReason: "BY_REQUEST" };
    });
  }

  async adopt(caller: Caller, webhookId: string, managedBy: ManagedBy): Promise<Endpoint> {
    const companyId = companyOf(caller);
    const theirs = await this.#options.record.readManaged(companyId, managedBy.uid);
    if (theirs && theirs.id !== parseId("endpoint", webhookId)) throw alreadyManages(managedBy, theirs.id);
    return this.#change(caller, webhookId, (current, { planTier }) => {
      requireWebhookPlan(planTier, "adopt endpoints");
      requireAdoptable(current, managedBy);
      return current.managedBy ? undefined : { managedBy: managerOf(managedBy) };
    });
  }

  async release(caller: Caller, webhookId: string, as = nobody): Promise<Endpoint> {
    return this.#change(caller, webhookId, (current) => {
      requireManager(current, as);
      return current.managedBy ? { managedBy: null } : undefined;
    });
  }

  async delete(caller: Caller, webhookId: string, as: Manager = nobody): Promise<void> {
    const companyId = companyOf(caller);
    const id = parseId("endpoint", webhookId);
    const audit = (deleted: Endpoint) => {
      requireManager(deleted, as);
      return auditDeleted(caller, companyId)(deleted);
    };
    if (!id || !(await this.#options.record.delete(companyId, id, audit))) absent(webhookId);
    // The endpoint is gone from here on, whatever becomes of this: the sweeper ends what is left.
    await this.#endDeliveries(id).catch((error: unknown) => {
      this.#options.onError(`the sweeper ends the deliveries of ${webhookId}`, error);
    });
  }

  async #change(caller: Caller, webhookId: string, decide: Decide, headersSet?: () => string[]): Promise<Endpoint> {
    const companyId = companyOf(caller);
    const id = parseId("endpoint", webhookId);
    const audit = auditChanged(caller, companyId, headersSet);
    return (id && (await this.#options.record.change(companyId, id, decide, audit))) || absent(webhookId);
  }

  #urlPolicy({ allowance }: CompanyTerms): UrlPolicy {
    return { rules: this.#options.outgoing, allowance };
  }

  async #endDeliveries(id: Uuid): Promise<void> {
    for (let i = 0; i < endPages; i++) {
      if ((await this.#options.record.endDeliveries(id, endPage)) < endPage) return;
    }
  }

  async #workspace(companyId: Uuid, shown: string): Promise<OwnWorkspace> {
    const id = parseId("workspace", shown);
    const workspace = id && (await this.#options.record.readWorkspace(companyId, id));
    if (!workspace) throw notFound("workspace", shown);
    return workspace;
  }

  /** Undefined: none was asked for. */
  async #project(workspaceId: Uuid, shown: string): Promise<Uuid | undefined> {
    if (shown === "") return undefined;
    const id = parseId("project", shown);
    if (!id || !(await this.#options.record.hasProject(workspaceId, id))) throw notFound("project", shown);
    return id;
  }
}

function companyOf(caller: Caller): Uuid {
  return requireCaller(caller, "company", "endpoints are managed").companyId;
}

/** Without what a message may carry besides. */
function managerOf({ cluster, namespace, name, uid }: ManagedBy): ManagedBy {
  return { cluster, namespace, name, uid };
}

function absent(webhookId: string): never {
  throw notFound("webhook", webhookId);
}
