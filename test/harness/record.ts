import pg from "pg";
import { parseId, type Uuid } from "../../internal/domain/ids.ts";
import type { ReceivedRequest } from "./receiver.ts";
import { until } from "./wait.ts";

export interface JobRow {
  id: string;
  event_id: string;
  endpoint_id: string;
  status: string;
  attempt_count: number;
  epoch: number;
  queue: string | null;
  held_reason: string | null;
  failure_reason: string | null;
  due_at: Date | null;
}

/** The record as it stands in Postgres: what tests hold the promises against. */
export class Record implements AsyncDisposable {
  readonly #pool: pg.Pool;
  readonly #workspaceId: Uuid | undefined;

  /** With a workspace's shown id, of its deliveries only. */
  constructor(databaseUrl: string, workspaceId?: string) {
    this.#workspaceId = workspaceId === undefined ? undefined : parseId("workspace", workspaceId);
    this.#pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    this.#pool.on("error", () => {});
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(sql, values)).rows;
  }

  jobs(): Promise<JobRow[]> {
    return this.query<JobRow>(`select * from webhook_jobs where ${this.#own} order by id`, this.#owner);
  }

  /** How many deliveries are in each state. */
  async states(): Promise<{ [status: string]: number }> {
    const rows = await this.query<{ status: string; count: number }>(
      `select status, count(*)::int as count from webhook_jobs where ${this.#own} group by status`,
      this.#owner,
    );
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  }

  /** Waits until every delivery is SUCCEEDED or FAILED. */
  async settled(timeoutMs = 60_000): Promise<void> {
    await until(async () => (await this.open()) === 0, { timeoutMs, what: "every delivery to end" });
  }

  /** Deliveries that have not ended; undefined while Postgres does not answer. */
  async open(): Promise<number | undefined> {
    const sql = `select count(*)::int as open from webhook_jobs where status not in ('SUCCEEDED', 'FAILED') and ${this.#own}`;
    return (await this.query<{ open: number }>(sql, this.#owner).catch(() => []))[0]?.open;
  }

  /** Events of these shown ids that lack a finished delivery to one of these endpoints (shown ids): must be none. */
  async lost(eventIds: string[], endpointIds: string[]): Promise<string[]> {
    const rows = await this.query<{ event_id: string; endpoint_id: string }>(
      `select e as event_id, w as endpoint_id from unnest($1::uuid[]) e cross join unnest($2::uuid[]) w
       where not exists (select from webhook_jobs j where j.event_id = e and j.endpoint_id = w
                         and j.status in ('SUCCEEDED', 'FAILED'))`,
      [eventIds.map((id) => parseId("event", id)), endpointIds.map((id) => parseId("endpoint", id))],
    );
    return rows.map((row) => `${row.event_id} → ${row.endpoint_id}`);
  }

  /** Requests that a receiver saw and that have no attempt row: must be none. */
  async unrecorded(requests: ReceivedRequest[]): Promise<string[]> {
    const seen = requests.map((request) => String(request.headers["sealpost-attempt-id"]));
    const ids = seen.map((id) => parseId("attempt", id));
    const rows = await this.query<{ id: string }>(
      "select id from webhook_delivery_attempts where id = any($1::uuid[])",
      [ids],
    );
    const recorded = new Set(rows.map(({ id }) => id));
    return seen.filter((_, i) => !recorded.has(ids[i] ?? ""));
  }

  readonly #own = "($1::uuid is null or workspace_id = $1)";

  get #owner(): [Uuid | null] {
    return [this.#workspaceId ?? null];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}
