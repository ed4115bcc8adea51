import { createHash } from "node:crypto";
import type { SettleRow } from "../../../internal/delivery/ports.ts";
import { newUuid, type Uuid } from "../../../internal/domain/ids.ts";
import type { Outcome } from "../../../internal/domain/states.ts";
import type { AcceptRow } from "../../../internal/events/ports.ts";
import { type Database, openDatabase } from "../../../internal/store/database.ts";
import { PostgresDeliveryRecord } from "../../../internal/store/delivery/record.ts";
import { PostgresEventRecord } from "../../../internal/store/events/record.ts";
import { createDatabase } from "../../harness/postgres.ts";
import { type JobRow, Record } from "../../harness/record.ts";

export interface AttemptRow {
  id: Uuid;
  number: number;
  outcome: Outcome;
  http_status: number | null;
  error: string;
  pod: string;
  response_body: Buffer | null;
  response_headers: { [name: string]: string } | null;
}

/** A database of its own with the record's two faces, and a workspace with one endpoint. */
export class Store implements AsyncDisposable {
  readonly database: Database;
  readonly record: Record;
  readonly events: PostgresEventRecord;
  readonly deliveries: PostgresDeliveryRecord;
  readonly url: string;
  readonly #drop: () => Promise<void>;
  #closed: Promise<void> | undefined;
  workspaceId: Uuid = newUuid();
  endpointId: Uuid = newUuid();

  constructor(url: string, drop: () => Promise<void>) {
    this.url = url;
    this.#drop = drop;
    this.database = openDatabase(url);
    this.record = new Record(url);
    this.events = new PostgresEventRecord(this.database);
    this.deliveries = new PostgresDeliveryRecord(this.database);
  }

  async createWorkspace(): Promise<Uuid> {
    const [companyId, workspaceId] = [newUuid(), newUuid()];
    await this.record.query("insert into companies (id, name, plan_tier) values ($1, 'c', 'GROWTH')", [companyId]);
    await this.record.query("insert into workspaces (id, company_id, name, region) values ($1, $2, 'w', 'us')", [
      workspaceId,
      companyId,
    ]);
    return workspaceId;
  }

  async createEndpoint(workspaceId = this.workspaceId): Promise<Uuid> {
    const id = newUuid();
    await this.record.query(
      `insert into webhook_endpoints (id, workspace_id, region, url, events, status, max_in_flight)
       values ($1, $2, 'us', 'http://127.0.0.1:1/', '{*}', 'ACTIVE', 4)`,
      [id, workspaceId],
    );
    return id;
  }

  /** An event for the endpoint, not yet accepted. */
  row(fields: { key?: string; content?: string; version?: number; endpointIds?: Uuid[] } = {}): AcceptRow {
    const { key, content = "content", version = 0, endpointIds = [this.endpointId] } = fields;
    return {
      event: {
        id: newUuid(),
        workspaceId: this.workspaceId,
        projectId: null,
        type: "invoice.paid",
        body: Buffer.from(content),
      },
      region: "us",
      queue: "DELIVERIES_us",
      deliveries: endpointIds.map((endpointId) => ({ id: newUuid(), endpointId })),
      endpointsVersion: version,
      ...(key !== undefined && { idempotency: { key, bodyHash: hash(content) } }),
    };
  }

  /** Ids of that many accepted deliveries, each of its own event. */
  async accepted(count: number): Promise<Uuid[]> {
    const rows = Array.from({ length: count }, () => this.row());
    await this.events.accept(rows);
    return rows.map(({ deliveries }) => (deliveries[0] as { id: Uuid }).id);
  }

  async acceptedOne(): Promise<Uuid> {
    return (await this.accepted(1))[0] as Uuid;
  }

  async job(id: Uuid): Promise<JobRow & { enqueued_at: Date; manual: boolean }> {
    const [job] = await this.record.query<JobRow & { enqueued_at: Date; manual: boolean }>(
      "select * from webhook_jobs where id = $1",
      [id],
    );
    if (!job) throw new Error(`there is no job ${id}`);
    return job;
  }

  /** In the order of their numbers. */
  attempts(jobId: Uuid): Promise<AttemptRow[]> {
    return this.record.query("select * from webhook_delivery_attempts where job_id = $1 order by number, id", [jobId]);
  }

  async numbersAndOutcomes(jobId: Uuid): Promise<string[]> {
    return (await this.attempts(jobId)).map(({ number, outcome }) => `${number} ${outcome}`);
  }

  /** Undefined before the first attempt. */
  async statistics(endpointId = this.endpointId): Promise<unknown> {
    return (await this.record.query("select * from endpoint_statistics where endpoint_id = $1", [endpointId]))[0];
  }

  /** What the manual retry of the history does to a finished delivery. */
  async retryByHand(id: Uuid): Promise<number> {
    const [row] = await this.record.query<{ epoch: number }>(
      `update webhook_jobs set status = 'PENDING', manual = true, queue = 'DELIVERIES_us', epoch = epoch + 1,
         enqueued_at = now(), due_at = now(), failure_reason = null
       where id = $1 and status in ('SUCCEEDED', 'FAILED') returning epoch`,
      [id],
    );
    return (row as { epoch: number }).epoch;
  }

  /** Ends the connections of the hot path. */
  close(): Promise<void> {
    this.#closed ??= this.database.close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.record[Symbol.asyncDispose]();
    await this.#drop();
  }
}

export async function openStore(): Promise<Store> {
  const { url, drop } = await createDatabase();
  const store = new Store(url, drop);
  store.workspaceId = await store.createWorkspace();
  store.endpointId = await store.createEndpoint();
  return store;
}

export function hash(content: string): Buffer {
  return createHash("sha256").update(content).digest();
}

interface Settled {
  id: Uuid;
  endpointId: Uuid;
  epoch?: number;
  /** The first attempt's unless told: the delivery's own id. */
  attemptId?: Uuid;
  outcome?: SettleRow["attempt"]["outcome"];
  next?: SettleRow["next"];
}

/** An attempt that succeeded, or, with an `outcome`, failed and is to be tried again in a minute. */
export function settleRow({
  id,
  endpointId,
  epoch = 0,
  attemptId = id,
  outcome = "SUCCESS",
  next,
}: Settled): SettleRow {
  const succeeded = outcome === "SUCCESS";
  return {
    deliveryId: id,
    endpointId,
    epoch,
    attempt: {
      id: attemptId,
      outcome,
      httpStatus: succeeded ? 200 : 503,
      error: succeeded ? "" : "the receiver answered 503",
      startedAt: new Date("2026-11-24T10:00:00.125Z"),
      timing: { dnsMs: 1, connectMs: 2.5, tlsMs: 3, firstByteMs: 10, totalMs: 12 },
      pod: "pod-a",
      response: { headers: { "content-type": "text/plain" }, body: Buffer.from("ok"), truncated: false },
    },
    next: next ?? (succeeded ? { status: "SUCCEEDED" } : inAMinute()),
  };
}

export function inAMinute(): SettleRow["next"] {
  return { status: "RETRY_SCHEDULED", dueAt: new Date(Date.now() + 60_000), queue: "RETRIES_us_60" };
}

/** An attempt that is about to be made, after the first. */
export function beginRow(id: Uuid, epoch: number, fields: { attemptId?: Uuid; maxAttempts?: number } = {}) {
  const { attemptId = newUuid(), maxAttempts = 5 } = fields;
  return { deliveryId: id, epoch, attemptId, startedAt: new Date(), pod: "pod-b", maxAttempts };
}
