import { randomBytes } from "node:crypto";
import { formatId, newUuid } from "../../../internal/domain/ids.ts";
import { type Client, client } from "../../harness/client.ts";
import type { Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";
import type { Kind } from "./id-fields.ts";

interface Made {
  id: string;
  [field: string]: unknown;
}

export interface Keys {
  admin: string;
  company: string;
  workspace: string;
}

interface Scope {
  companyId: string;
  workspaceId: string;
  projectId: string;
  keys: Keys;
}

let made = 0;

/** A project with an endpoint, what was published in it and what became of it, and who may see that. */
export class World {
  readonly scope: Scope;
  readonly #road: Road;
  readonly #http: string;
  readonly #company: Client;
  readonly #workspace: Client;
  readonly fixed: Record<Exclude<Kind, "pageToken">, string> = {} as never;

  private constructor(road: Road, scope: Scope) {
    const { http } = road.system.apis[0] as { http: string };
    this.#road = road;
    this.#http = http;
    this.scope = scope;
    this.#company = client(http, scope.keys.company);
    this.#workspace = client(http, scope.keys.workspace);
  }

  static async make(road: Road, scope: Scope): Promise<World> {
    const world = new World(road, scope);
    const { companyId, workspaceId, projectId, keys } = scope;
    // Two of everything that is listed, so that each list has a second page.
    const { id: endpoint } = await world.#endpoint({ events: ["*"] });
    await ok(world.#company.patch(`/v1/webhooks/${endpoint}`, { description: "its audit log has two entries" }));
    await world.unmanaged();
    const managed = await world.managed();
    const idempotencyKey = `of-${projectId}`;
    const event = await world.#publish({ idempotencyKey });
    await world.#publish({});
    const deliveries = await until(() => world.#finished(endpoint, 2), { what: "two deliveries" });
    const admin = client(world.#http, keys.admin);
    const { apiKeys } = await ok<{ apiKeys: Made[] }>(admin.get(`/v1/companies/${companyId}/keys`));
    Object.assign(world.fixed, {
      company: companyId,
      workspace: workspaceId,
      project: projectId,
      endpoint,
      delivery: deliveries.find((one) => one["eventId"] === event)?.id,
      event,
      apiKey: apiKeys.find((one) => one["name"] === "manages")?.id,
      manager: managed.uid,
      idempotencyKey,
    });
    return world;
  }

  /** A new endpoint that no resource manages. */
  async unmanaged(): Promise<string> {
    return (await this.#endpoint({})).id;
  }

  /** A new endpoint with the resource that manages it. */
  async managed(): Promise<{ id: string; uid: string }> {
    const managedBy = { cluster: "a", namespace: "b", name: "c", uid: this.newUid() };
    return { id: (await this.#endpoint({ managedBy })).id, uid: managedBy.uid };
  }

  newUid(): string {
    return `uid-${made++}`;
  }

  /** A delivery that has ended and may be retried. */
  async finishedDelivery(): Promise<string> {
    const event = await this.#publish({});
    const endpoint = this.fixed.endpoint;
    const mine = async () => (await this.#finished(endpoint, 1))?.find((one) => one["eventId"] === event);
    return (await until(mine, { what: "the delivery to end" })).id;
  }

  /** Something of this kind of which it does not matter what becomes of it, and that nobody has asked for yet. */
  async expendable(kind: Exclude<Kind, "pageToken">): Promise<string> {
    switch (kind) {
      case "endpoint":
        return this.unmanaged();
      case "delivery":
        return this.finishedDelivery();
      case "manager":
        return (await this.managed()).uid;
      case "idempotencyKey": {
        const idempotencyKey = this.newUid();
        await this.#publish({ idempotencyKey });
        return idempotencyKey;
      }
      default:
        return this.fixed[kind];
    }
  }

  async newApiKey(): Promise<string> {
    const { companyId, keys } = this.scope;
    const admin = client(this.#http, keys.admin);
    return (await ok<Made>(admin.post(`/v1/companies/${companyId}/keys`, { name: "to revoke" }))).id;
  }

  /** What its endpoint could be asked for by before it was deleted. */
  async deletedEndpoint(): Promise<{ endpoint: string; manager: string }> {
    const { id, uid } = await this.managed();
    await ok(this.#company.delete(`/v1/webhooks/${id}?managerUid=${uid}`));
    return { endpoint: id, manager: uid };
  }

  #endpoint(fields: object): Promise<Made> {
    const { workspaceId, projectId } = this.scope;
    const endpoint = { url: `${this.#road.receiver.url}/hook`, events: ["never.sent"], projectId, ...fields };
    return ok(this.#company.post(`/v1/workspaces/${workspaceId}/webhooks`, endpoint));
  }

  async #publish(fields: object): Promise<string> {
    const { projectId } = this.scope;
    return (await ok<Made>(this.#workspace.post("/v1/events", { ...event, projectId, ...fields }))).id;
  }

  async #finished(endpoint: string, atLeast: number): Promise<Made[] | undefined> {
    const path = `/v1/webhooks/${endpoint}/deliveries?pageSize=100&statuses=SUCCEEDED`;
    const { deliveries } = await ok<{ deliveries: Made[] }>(this.#company.get(path));
    return deliveries.length >= atLeast ? deliveries : undefined;
  }
}

/** What is published wherever it does not matter what; the same everywhere, so that an idempotency key could match. */
export const event = { eventType: "isolation.test", data: 1 };

/** Ids of which none exists. */
export function randomOf(kind: Kind): string {
  switch (kind) {
    case "manager":
    case "idempotencyKey":
      return randomBytes(12).toString("hex");
    case "pageToken":
      return randomBytes(39).toString("base64url");
    default:
      return formatId(kind, newUuid());
  }
}

async function ok<T>(call: Promise<{ status: number; body: unknown; text: string }>): Promise<T> {
  const { status, body, text } = await call;
  if (status !== 200) throw new Error(`the world could not be made: ${status} ${text}`);
  return body as T;
}
