import type { Outcome } from "../domain/states.ts";

/** An attempt whose request has ended. Times in ms. */
export interface ObservedAttempt {
  region: string;
  /** In the lane it waited for its slow receiver; on the main road only for Sealpost. */
  road: "main" | "lane";
  outcome: Outcome;
  duration: number;
  /** Due until the request left. */
  late: number;
  /** Accepted until the request left; on first attempts only. */
  firstLatency?: number | undefined;
}

/** What a delivery process tells its metrics. Every call is cheap and never throws. */
export interface DeliveryObserver {
  attempt(attempt: ObservedAttempt): void;
  settled(rows: number, milliseconds: number): void;
  /** Another attempt was planned and waits in this stream; null: with Postgres. */
  retryScheduled(region: string, queue: string | null): void;
  movedToLane(region: string): void;
  held(region: string): void;
  /** Its endpoint could not be read: back to Postgres for a while. */
  unreadable(region: string): void;
  /** Our own proxy failed before anything was sent: back to Postgres for a while. */
  postponed(region: string): void;
  dead(region: string): void;
  /** The sweeper looked once for what is due, and found nothing or published it. */
  sweep(region: string): void;
  swept(region: string, kind: "due" | "lost", count: number): void;
}
