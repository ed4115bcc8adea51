import type { Pool } from "pg";
import type {
  BeginOutcome,
  BeginRow,
  DeliveryRecord,
  HandOverRow,
  PostponeRow,
  SettleOutcome,
  SettleRow,
} from "../../delivery/ports.ts";
import type { Database } from "../database.ts";
import { beginDay } from "./begin.ts";
import { byDay } from "./days.ts";
import { endDay } from "./end.ts";
import { handOverDay } from "./hand-over.ts";
import { holdDay } from "./hold.ts";
import { markSendingDay } from "./mark-sending.ts";
import { postponeDay } from "./postpone.ts";
import { settleDay } from "./settle.ts";

/** Where deliveries stand, as Postgres keeps it. Rows of one day share a transaction. */
export class PostgresDeliveryRecord implements DeliveryRecord {
  readonly #pool: Pool;

  constructor(database: Pick<Database, "prepared">) {
    this.#pool = database.prepared;
  }

  begin(rows: BeginRow[]): Promise<BeginOutcome[]> {
    return byDay(rows, (day, some) => beginDay(this.#pool, day, some));
  }

  async markSending(rows: Parameters<DeliveryRecord["markSending"]>[0]): Promise<void> {
    await byDay(rows, (day, some) => markSendingDay(this.#pool, day, some));
  }

  settle(rows: SettleRow[]): Promise<SettleOutcome[]> {
    return byDay(rows, (day, some) => settleDay(this.#pool, day, some));
  }

  async postpone(rows: PostponeRow[]): Promise<void> {
    await byDay(rows, (day, some) => postponeDay(this.#pool, day, some));
  }

  async handOver(rows: HandOverRow[]): Promise<({ epoch: number } | undefined)[]> {
    const outcomes = await byDay(rows, (day, some) => handOverDay(this.#pool, day, some));
    return outcomes.map((outcome) => (outcome === "stale" ? undefined : outcome));
  }

  hold(rows: Parameters<DeliveryRecord["hold"]>[0]): Promise<("held" | "active" | "stale")[]> {
    return byDay(rows, (day, some) => holdDay(this.#pool, day, some));
  }

  async end(rows: Parameters<DeliveryRecord["end"]>[0]): Promise<void> {
    await byDay(rows, (day, some) => endDay(this.#pool, day, some));
  }
}
