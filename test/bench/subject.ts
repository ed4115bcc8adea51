import { availableParallelism } from "node:os";
import { client } from "../harness/client.ts";
import { Record } from "../harness/record.ts";
import { type System, startSystem } from "../harness/system.ts";
import type { Tenant } from "../harness/tenant.ts";
import { until } from "../harness/wait.ts";
import { type Arrivals, healthyAmong, type Load, type LoadResult, type Peer } from "./peer.ts";
import { machineSeconds, ownSeconds, processorSeconds } from "./processor-time.ts";
import { monotonicMicros, type Span } from "./profile.ts";

export const parts = ["api", "delivery", "postgres", "nats"] as const;
export type Part = (typeof parts)[number];
/** Processor seconds of each part. */
export type Usage = { [P in Part]: number };

export interface Run {
  load: LoadResult;
  arrivals: Arrivals;
  /** From the first publish to the last delivery. */
  seconds: number;
  usage: Usage;
  /** Share of the machine that was used by programs outside of the measurement, which makes it slower, 0 to 1. */
  disturbance: number;
  /** When it was, for profiles. */
  span: Span;
}

/** The system under measurement: Postgres with fsync, every process of it alone on its ports. */
export class Subject implements AsyncDisposable {
  readonly system: System;
  readonly #tenant: Tenant;
  readonly #peer: Peer;
  readonly #record: Record;

  private constructor(system: System, tenant: Tenant, peer: Peer) {
    this.system = system;
    this.#tenant = tenant;
    this.#peer = peer;
    this.#record = new Record(system.databaseUrl);
  }

  /** With an endpoint at the peer's /ok for events of type bench.ok. */
  static async start(
    peer: Peer,
    options: { deliveries?: number; nodeArgs?: string[]; env?: { [name: string]: string } } = {},
  ): Promise<Subject> {
    const env = { ENDPOINTS_PER_WORKSPACE: "2000", LOG_LEVEL: "warn", ...options.env };
    const system = await startSystem({ ownPostgres: true, ...options, env });
    try {
      const subject = new Subject(system, await system.tenant(), peer);
      await subject.endpoint("/ok", "bench.ok");
      return subject;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  async endpoint(path: string, eventType: string): Promise<void> {
    const company = client(this.system.apis[0]?.http ?? "", this.#tenant.companyKey);
    const url = `http://127.0.0.1:${this.#peer.port}${path}`;
    const made = await company.post(`/v1/workspaces/${this.#tenant.workspaceId}/webhooks`, {
      url,
      events: [eventType],
    });
    if (made.status !== 200) throw new Error(`no endpoint: ${made.text}`);
  }

  /** Runs a load; resolves when all that it had accepted for /ok has arrived, or after a minute. */
  async run(load: Omit<Load, "port" | "key">, during: () => Promise<void> = async () => {}): Promise<Run> {
    const api = this.system.apis[0];
    const port = Number((load.protocol === "http" ? new URL(api?.http ?? "").port : api?.grpc.split(":")[1]) ?? 0);
    await this.#peer.reset();
    const before = this.usage();
    const machineBefore = machineSeconds() - this.#ownSeconds();
    const startedAt = performance.now();
    const from = monotonicMicros();
    const [result] = await Promise.all([this.#peer.load({ ...load, port, key: this.#tenant.workspaceKey }), during()]);
    const owed = healthyAmong(result.accepted, load.healthy ?? 100);
    const arrived = async () => (await this.#peer.arrivals()).distinct >= owed;
    await until(arrived, { timeoutMs: 60_000, what: "the last delivery" }).catch(() => {});
    const seconds = (performance.now() - startedAt) / 1000;
    // What is recorded after the last delivery belongs to it.
    if (load.healthy === undefined) await this.#record.settled(30_000);
    const after = this.usage();
    const others = machineSeconds() - this.#ownSeconds() - machineBefore;
    const usage = Object.fromEntries(parts.map((part) => [part, after[part] - before[part]])) as Usage;
    const arrivals = await this.#peer.arrivals();
    const disturbance = others / seconds / availableParallelism();
    const span = { from, to: monotonicMicros(), deliveries: arrivals.distinct };
    return { load: result, arrivals, seconds, usage, disturbance, span };
  }

  /** Of everything that belongs to the measurement, the measuring programs included. */
  #ownSeconds(): number {
    return parts.reduce((sum, part) => sum + this.usage()[part], processorSeconds(this.#peer.pid) + ownSeconds());
  }

  usage(): Usage {
    const { apis, deliveries, postgres, nats } = this.system;
    const sum = (pids: number[]) => pids.reduce((total, pid) => total + processorSeconds(pid), 0);
    return {
      api: sum(apis.map(({ pid }) => pid)),
      delivery: sum(deliveries.map(({ pid }) => pid)),
      postgres: sum(postgres ? [postgres.pid] : []),
      nats: sum(Object.values(nats).map(({ pid }) => pid)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#record[Symbol.asyncDispose]();
    // In order, so that profiles are written.
    await Promise.all([...this.system.apis, ...this.system.deliveries].map((child) => child.terminate()));
    await this.system.stop();
  }
}
