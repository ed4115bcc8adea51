import type { SweepRecord } from "../../delivery/ports.ts";
import { type Uuid, uuidAt } from "../../domain/ids.ts";
import type { DeliveryMessage } from "../../domain/message.ts";
import type { Database } from "../database.ts";
import { endDeleted } from "./end-deleted.ts";
import { laneEndpoints } from "./lane-endpoints.ts";
import { queuesInUse } from "./queues-in-use.ts";
import { reclaim, reclaimLane } from "./reclaim.ts";
import { whileLocked } from "./sweeper-lock.ts";
import { takeDue } from "./take-due.ts";

/** What the sweeper asks of Postgres. */
export class PostgresSweepRecord implements SweepRecord {
  readonly #database: Pick<Database, "prepared" | "url">;
  /** Where the last page of a lane's endpoints ended: with more of them than a page, each has its turn. */
  readonly #laneEnds = new Map<string, Uuid>();

  constructor(database: Pick<Database, "prepared" | "url">) {
    this.#database = database;
  }

  whileSweeper(region: string, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    return whileLocked(this.#database.url, `sweeper:${region}`, work);
  }

  takeDue(region: string, queue: string, limit: number): Promise<DeliveryMessage[]> {
    return takeDue(this.#database.prepared, region, queue, limit);
  }

  queuesInUse(region: string): Promise<string[]> {
    return queuesInUse(this.#database.prepared, region);
  }

  reclaim(queue: string, enqueuedBefore: Date, limit: number): Promise<number> {
    return reclaim(this.#database.prepared, queue, enqueuedBefore, limit);
  }

  async laneEndpoints(queue: string, enqueuedBefore: Date, limit: number): Promise<Uuid[]> {
    const behind = this.#laneEnds.get(queue) ?? uuidAt(0);
    const found = await laneEndpoints(this.#database.prepared, queue, behind, enqueuedBefore, limit);
    const last = found.length === limit ? found.at(-1) : undefined;
    if (last === undefined) this.#laneEnds.delete(queue);
    else this.#laneEnds.set(queue, last);
    return found;
  }

  reclaimLane(queue: string, endpointId: Uuid, enqueuedBefore: Date, limit: number): Promise<number> {
    return reclaimLane(this.#database.prepared, queue, endpointId, enqueuedBefore, limit);
  }

  endDeleted(region: string, limit: number): Promise<number> {
    return endDeleted(this.#database.prepared, region, limit);
  }
}
