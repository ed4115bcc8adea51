import { setTimeout as sleep } from "node:timers/promises";
import { DomainError } from "../domain/errors.ts";

/** Thrown by a commit function: one of the rows is at fault, the others may stand. */
export class RowError extends Error {
  override readonly name = "RowError";
}

interface Pending<Row, Result> {
  row: Row;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

interface GroupCommitOptions<Row, Result> {
  /** Writes the rows in one transaction; answers one result per row, in order. */
  commit: (rows: Row[]) => Promise<Result[]>;
  /** Rows in one commit. 500 rows take about 4 ms, and larger ones gain nothing. */
  maxRows?: number;
  /** A row's size in bytes; without it, rows count as small. */
  weigh?: (row: Row) => number;
  /** Bytes in one commit, but for a row that is larger by itself: 500 events of 256 KiB took 8.5 s, close to a time-out. */
  maxBytes?: number;
  /** Rows waiting at most; over it `add` rejects with RESOURCE_EXHAUSTED. */
  maxWaiting?: number;
  /**
   * How long the next commit waits for more rows after one of several, in ms: whatever it holds, a commit costs Postgres
   * as much as 20 rows. After a commit of one row there is no wait.
   */
  lingerMs?: number;
  /** Told of every commit, for metrics. */
  onCommit?: (rows: number, milliseconds: number) => void;
}

/**
 * Concurrent callers share transactions. It clocks itself: a row is committed at once when no commit is in
 * flight, else it waits for that one to return and, where asked, a moment longer, so an idle system adds no wait and a
 * busy one batches.
 */
export class GroupCommit<Row, Result> {
  readonly #options: Required<GroupCommitOptions<Row, Result>>;
  #waiting: Pending<Row, Result>[] = [];
  #running: Promise<void> | undefined;

  constructor(options: GroupCommitOptions<Row, Result>) {
    this.#options = {
      maxRows: 500,
      weigh: () => 0,
      maxBytes: 8 * 2 ** 20,
      maxWaiting: 20_000,
      lingerMs: 0,
      onCommit: () => {},
      ...options,
    };
  }

  /** Resolves once the row is committed. */
  add(row: Row): Promise<Result> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(
        new DomainError("RESOURCE_EXHAUSTED", "OVERLOADED", "too many writes are waiting: try again shortly", {
          retryAfterMs: 1000,
        }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is waiting or in flight. */
  async drained(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // Callers of the same turn of the event loop belong to the same commit.
    await Promise.resolve();
    const { maxRows, lingerMs } = this.#options;
    for (let last = 0; this.#waiting.length > 0; ) {
      if (lingerMs > 0 && last > 1 && this.#waiting.length < maxRows) await sleep(lingerMs);
      const group = this.#waiting.splice(0, this.#fitting());
      last = group.length;
      await this.#commit(group);
    }
    this.#running = undefined;
  }

  /** How many of those that wait fit into one commit; one at least. */
  #fitting(): number {
    const { maxRows, weigh, maxBytes } = this.#options;
    const most = Math.min(maxRows, this.#waiting.length);
    let bytes = 0;
    for (let i = 0; i < most; i++) {
      bytes += weigh((this.#waiting[i] as Pending<Row, Result>).row);
      if (bytes > maxBytes) return Math.max(1, i);
    }
    return most;
  }

  async #commit(group: Pending<Row, Result>[]): Promise<void> {
    const started = performance.now();
    try {
      const results = await this.#options.commit(group.map((pending) => pending.row));
      this.#options.onCommit(group.length, performance.now() - started);
      group.forEach((pending, i) => {
        pending.resolve(results[i] as Result);
      });
    } catch (error) {
      if (error instanceof RowError && group.length > 1) {
        // Halve until the culprit stands alone.
        const middle = group.length >> 1;
        await this.#commit(group.slice(0, middle));
        await this.#commit(group.slice(middle));
        return;
      }
      for (const pending of group) pending.reject(error);
    }
  }
}
