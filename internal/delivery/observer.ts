import type { Outcome } from "../domain/states.ts";

/** What a delivery process tells its metrics. Every call is cheap and never throws. */
export interface DeliveryObserver {
  /** An attempt ended; `firstLatencyMs` is accepted → first request, on first attempts only; `lateMs` due → started. */
  attempt(region: string, outcome: Outcome, durationMs: number, lateMs: number, firstLatencyMs?: number): void;
  settled(rows: number, milliseconds: number): void;
  movedToLane(region: string): void;
  held(region: string): void;
  /** Its endpoint could not be read: back to Postgres for a while. */
  unreadable(region: string): void;
  dead(region: string): void;
  swept(region: string, kind: "due" | "lost", count: number): void;
}
