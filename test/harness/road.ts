import type { ServerResponse } from "node:http";
import { client } from "./client.ts";
import { type ReceivedRequest, type Receiver, startReceiver } from "./receiver.ts";
import { Record } from "./record.ts";
import { type System, startSystem } from "./system.ts";

type SystemOptions = NonNullable<Parameters<typeof startSystem>[0]>;
type Client = ReturnType<typeof client>;

interface RoadOptions extends SystemOptions {
  /** What the receiver answers; without it, 200. */
  answer?: (request: ReceivedRequest, response: ServerResponse) => void;
}

interface Answer {
  id: string;
  [field: string]: unknown;
}

interface BatchAnswer {
  results: { event?: { id: string } }[];
}

/** A whole system with one tenant and one receiver: what most tests of the road start from. */
export class Road implements AsyncDisposable {
  readonly system: System;
  readonly tenant: Awaited<ReturnType<System["tenant"]>>;
  readonly receiver: Receiver;
  readonly record: Record;
  /** With the company's key: manages. */
  readonly company: Client;
  /** With the workspace's key: publishes. */
  readonly workspace: Client;
  /** Shown ids of what was accepted. */
  readonly accepted: string[] = [];
  readonly endpoints: string[] = [];

  readonly #ownsSystem: boolean;

  private constructor(system: System, tenant: Road["tenant"], receiver: Receiver, ownsSystem: boolean) {
    this.system = system;
    this.tenant = tenant;
    this.receiver = receiver;
    this.#ownsSystem = ownsSystem;
    this.record = new Record(system.databaseUrl, ownsSystem ? undefined : tenant.workspaceId);
    this.company = client(system.apis[0]?.http ?? "", tenant.companyKey);
    this.workspace = client(system.apis[0]?.http ?? "", tenant.workspaceKey);
  }

  static async start({ answer, ...options }: RoadOptions = {}): Promise<Road> {
    const system = await startSystem(options);
    try {
      return new Road(system, await system.tenant(), await startReceiver(answer), true);
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** Another tenant with a receiver of its own, on a system that tests share; its record is its workspace's alone. */
  static async on(system: System, answer?: RoadOptions["answer"]): Promise<Road> {
    return new Road(system, await system.tenant(), await startReceiver(answer), false);
  }

  /** An endpoint at the receiver, for every event. */
  async endpoint(fields: { [field: string]: unknown } = {}): Promise<Answer & { secret: string }> {
    const body = { url: `${this.receiver.url}/hook`, events: ["*"], ...fields };
    const made = await this.company.post(`/v1/workspaces/${this.tenant.workspaceId}/webhooks`, body);
    if (made.status !== 200) throw new Error(`no endpoint: ${made.text}`);
    const endpoint = made.body as Answer & { secret: string };
    this.endpoints.push(endpoint.id);
    return endpoint;
  }

  /** Publishes one event and remembers it when it was accepted. */
  async publish(
    data: unknown = { n: this.accepted.length },
    fields: { [field: string]: unknown } = {},
  ): Promise<string> {
    const made = await this.workspace.post("/v1/events", { eventType: "test.event", data, ...fields });
    if (made.status !== 200) throw new Error(`not accepted: ${made.status} ${made.text}`);
    const { id } = made.body as Answer;
    this.accepted.push(id);
    return id;
  }

  /** The same for many at once, in one call. */
  async publishBatch(events: { eventType?: string; data: unknown }[]): Promise<void> {
    const body = { events: events.map((event) => ({ eventType: "test.event", ...event })) };
    const { status, text, body: answer } = await this.workspace.post<BatchAnswer>("/v1/events/batch", body);
    const ids = status === 200 ? answer.results.flatMap(({ event }) => event?.id ?? []) : [];
    if (ids.length !== events.length) throw new Error(`not all accepted: ${status} ${text}`);
    this.accepted.push(...ids);
  }

  /** Publishes until `stop` is called, each event with its key until it is accepted: what a careful client does. */
  load(options: { parallel?: number; pauseMs?: number } = {}): { stop(): Promise<number> } {
    const { parallel = 4, pauseMs = 5 } = options;
    let running = true;
    let refused = 0;
    const loop = async (lane: number) => {
      for (let n = 0; running; n++) {
        const idempotencyKey = `load-${lane}-${n}`;
        while (true) {
          try {
            await this.publish({ lane, n }, { idempotencyKey });
            break;
          } catch {
            refused++;
            await new Promise((wake) => setTimeout(wake, 50));
          }
        }
        await new Promise((wake) => setTimeout(wake, pauseMs));
      }
    };
    const loops = Array.from({ length: parallel }, (_, lane) => loop(lane));
    return {
      stop: async () => {
        running = false;
        await Promise.all(loops);
        return refused;
      },
    };
  }

  /** The delivery of an event to the first (or given) endpoint, as the API shows it. */
  async delivery(eventId: string, endpointId = this.endpoints[0]): Promise<ShownDelivery | undefined> {
    const { body } = await this.company.get(`/v1/webhooks/${endpointId}/deliveries?pageSize=100`);
    return (body as { deliveries: ShownDelivery[] }).deliveries.find((delivery) => delivery.eventId === eventId);
  }

  /** What must hold after every test: nothing accepted is lost, nothing sent is unrecorded. */
  async nothingLost(timeoutMs = 60_000): Promise<{ lost: string[]; unrecorded: string[] }> {
    await this.record.settled(timeoutMs);
    return {
      lost: await this.record.lost(this.accepted, this.endpoints),
      unrecorded: await this.record.unrecorded(this.receiver.requests),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.record[Symbol.asyncDispose]();
    if (this.#ownsSystem) await this.system.stop();
    await this.receiver.close();
  }
}

/** The answer of `nothingLost` that every test wants. */
export const nothing = { lost: [], unrecorded: [] };

export interface ShownDelivery {
  id: string;
  eventId: string;
  status: string;
  attemptCount: number;
  nextAttemptTime?: string;
  heldReason: string;
  failureReason: string;
  attempts: { id: string; number: number; outcome: string; httpStatus: number; error: string; startTime: string }[];
}
