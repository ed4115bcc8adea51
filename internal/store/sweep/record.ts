import type { SweepRecord } from "../../delivery/ports.ts";
import type { Uuid } from "../../domain/ids.ts";
import type { DeliveryMessage } from "../../domain/message.ts";
import type { Database } from "../database.ts";
import { endDeleted } from "./end-deleted.ts";
import { laneEndpoints, queuesInUse } from "./queues-in-use.ts";
import { reclaim, reclaimLane } from "./reclaim.ts";
import { whileLocked } from "./sweeper-lock.ts";
import { takeDue } from "./take-due.ts";

/** What the sweeper asks of Postgres. */
export class PostgresSweepRecord implements SweepRecord {
  readonly #database: Pick<Database, "prepared" | "url">;

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

  laneEndpoints(queue: string, enqueuedBefore: Date, limit: number): Promise<Uuid[]> {
    return laneEndpoints(this.#database.prepared, queue, enqueuedBefore, limit);
  }

  reclaimLane(queue: string, endpointId: Uuid, enqueuedBefore: Date, limit: number): Promise<number> {
    return reclaimLane(this.#database.prepared, queue, endpointId, enqueuedBefore, limit);
  }

  endDeleted(region: string, limit: number): Promise<number> {
    return endDeleted(this.#database.prepared, region, limit);
  }
}
