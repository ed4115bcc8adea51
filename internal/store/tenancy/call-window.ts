import { QueryTypes, type Sequelize } from "sequelize";
import type { CallWindow } from "../../tenancy/ports.ts";
import type { Database } from "../database.ts";
import { run } from "../models/run.ts";

const windowMs = 60_000;

/**
 * Up to so many calls a minute, each is kept with its own millisecond; with more, a second's calls are one entry that
 * counts until the end of its second has left the window. Either way a row has at most some sixty entries, and never
 * more calls pass in any 60 s than may.
 */
const exactUpTo = 60;
const exactTickMs = 1;
const roundedTickMs = 1_000;

/**
 * Whoever comes to the row locks it, so processes take turns; the clock is the server's, read once the row is locked.
 * What is refused is not kept: it does not push the window on.
 */
const statement = `
INSERT INTO call_windows AS w (key_id, operation, times_ms, counts, granted)
SELECT $1::uuid, $2::text, ARRAY[ceil(extract(epoch FROM clock_timestamp()) * 1000 / $5::int) * $5::int]::bigint[],
       ARRAY[least($3::int, $4::int)], least($3::int, $4::int)
ON CONFLICT (key_id, operation) DO UPDATE
SET (times_ms, counts, granted) = (
      WITH clock AS MATERIALIZED (
        SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now_ms
      ), kept AS MATERIALIZED (
        SELECT u.time_ms, u.count
        FROM unnest(w.times_ms, w.counts) AS u (time_ms, count), clock c
        WHERE u.time_ms + ${windowMs} > c.now_ms
      ), verdict AS MATERIALIZED (
        SELECT greatest(0, least($4::int, $3::int - coalesce(sum(k.count), 0)))::int AS granted FROM kept k
      ), entries AS (
        SELECT a.time_ms, sum(a.count)::int AS count
        FROM (
          SELECT k.time_ms, k.count FROM kept k
          UNION ALL
          SELECT (ceil(c.now_ms / $5::int) * $5::int)::bigint, v.granted FROM clock c, verdict v WHERE v.granted > 0
        ) a
        GROUP BY a.time_ms
      )
      SELECT coalesce(array_agg(e.time_ms ORDER BY e.time_ms), '{}'), coalesce(array_agg(e.count ORDER BY e.time_ms), '{}'),
             (SELECT v.granted FROM verdict v)
      FROM entries e
    ),
    updated_at = now()
RETURNING times_ms::float8[] AS times, counts, granted, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`;

interface Row {
  /** ms since the epoch, the oldest first. */
  times: number[];
  counts: number[];
  granted: number;
  now: number;
}

/** The calls of the last minute by key and kind, which all processes count together. */
export class PostgresCallWindow implements CallWindow {
  readonly #sequelize: Sequelize;

  /** Not the connections of the hot path: calls of one key wait for each other. */
  constructor({ sequelize }: Pick<Database, "sequelize">) {
    this.#sequelize = sequelize;
  }

  async take({ keyId, operation, limit, calls }: Parameters<CallWindow["take"]>[0]) {
    const tickMs = limit <= exactUpTo ? exactTickMs : roundedTickMs;
    const [row] = await run(() =>
      this.#sequelize.query<Row>(statement, {
        bind: [keyId, operation, limit, calls, tickMs],
        type: QueryTypes.SELECT,
      }),
    );
    if (!row) throw new Error("counting a call answered no row");
    return { granted: row.granted, waitMs: row.granted < calls ? untilRoom(row, limit) : 0 };
  }
}

/** How long, in ms, until so many calls have left the window that one more may pass. */
function untilRoom({ times, counts, now }: Row, limit: number): number {
  let used = counts.reduce((sum, count) => sum + count, 0);
  for (const [i, time] of times.entries()) {
    used -= counts[i] ?? 0;
    if (used < limit) return Math.max(1, Math.ceil(time + windowMs - now));
  }
  return windowMs;
}
