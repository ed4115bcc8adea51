import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { lockSpace, locks, withClient } from "../connection.ts";
import { ownsTables } from "../roles/grant.ts";
import { dayMs } from "./days.ts";
import { type Dropped, dropPartitions } from "./drop.ts";
import { forgetEndedSecrets } from "./ended-secrets.ts";
import { deleteExpiredKeys } from "./expired-keys.ts";
import { deleteIdleWindows } from "./idle-windows.ts";
import { makePartitions, partitionedUntil } from "./make.ts";

export interface RetentionOptions {
  /** How long events, deliveries and attempts are kept at least, days; 30 unless told. */
  retentionDays?: number;
  /** How long the audit log is kept at least, days; 400 unless told. */
  auditRetentionDays?: number;
  /** Partitions made ahead, days; 7 unless told. */
  daysAhead?: number;
  /** ms since the epoch; for tests. */
  now?: number;
  /** Breaks off at once. */
  signal?: AbortSignal;
}

export interface RetentionRun extends Dropped {
  /** Whether this role may make and drop partitions; otherwise only expired rows were deleted. */
  owner: boolean;
  made: string[];
  /** The time up to which every table has partitions, ms since the epoch. */
  until: number;
  keysDeleted: number;
}

/**
 * Makes the coming days, drops what is past its retention, deletes expired idempotency keys and signing secrets. Every
 * process may run it: one of them drops and deletes, the others only make sure that the coming days are there. With a
 * role that does not own the tables, partitions are left to somebody who does.
 */
export function keepRetention(url: string, options: RetentionOptions = {}): Promise<RetentionRun> {
  const work = async (client: pg.Client): Promise<RetentionRun> => {
    const owner = await ownsTables(client);
    const made = owner ? await makePartitions(client, options) : [];
    const until = await partitionedUntil(client, options.now);
    const run: RetentionRun = { owner, made, until, dropped: [], expired: 0, keysDeleted: 0 };
    const { rows } = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock($1, $2) AS held", lock);
    if (!rows[0]?.held) return run;
    try {
      run.keysDeleted = await deleteExpiredKeys(client);
      await forgetEndedSecrets(client);
      await deleteIdleWindows(client);
      if (!owner) return run;
      return { ...run, ...(await dropPartitions(client, { retentionDays: 30, auditRetentionDays: 400, ...options })) };
    } finally {
      // Said aloud: a server process notices a closed connection a moment later.
      await client.query("SELECT pg_advisory_unlock($1, $2)", lock).catch(() => {});
    }
  };
  return withClient(url, "sealpost retention", work, options.signal);
}

const lock = [lockSpace, locks.partitions];
const intervalMs = 3_600_000;
const afterErrorMs = 60_000;
/** How many days ahead it is said that nobody makes partitions, ms: there is time to act, and none to forget it. */
const warningMs = 2 * dayMs;

/** Keeps retention every hour until `stop`; a minute after a failure it tries again. */
export class RetentionLoop {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    url: string,
    options: Omit<RetentionOptions, "signal" | "now"> & {
      onRun?: (run: RetentionRun) => void;
      onError: (message: string, error: unknown) => void;
    },
  ) {
    this.#running = this.#run(url, options);
  }

  /** Breaks off what is under way; the next run, anywhere, takes it up. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(url: string, options: ConstructorParameters<typeof RetentionLoop>[1]): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let waitMs = intervalMs;
      try {
        const run = await keepRetention(url, { ...options, signal });
        options.onRun?.(run);
        if (!run.owner && run.until < Date.now() + warningMs) throw nobodyMakes(run.until);
      } catch (error) {
        waitMs = afterErrorMs;
        if (!signal.aborted) options.onError("partitions could not be made or dropped", error);
      }
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }
}

function nobodyMakes(until: number): Error {
  return new Error(
    `partitions end at ${new Date(until).toISOString()}, after which nothing can be accepted, and this role may not make ` +
      "them: run npm run retention as the owner of the tables, every day",
  );
}
