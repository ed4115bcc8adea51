import { setTimeout as sleep } from "node:timers/promises";
import { dedicatedClient, lockSpace } from "../connection.ts";

/** How often the connection that holds the lock is asked whether it still stands, ms. */
const heartbeatMs = 2_000;

/**
 * Runs `work` while this process holds the lock of that name; false when another one holds it. The lock is the
 * connection's: when that breaks, the signal fires, because somebody else may have the lock by then.
 */
export async function whileLocked(
  url: string,
  name: string,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const client = dedicatedClient(url, `sealpost ${name}`, { query_timeout: heartbeatMs * 2 });
  const lost = new AbortController();
  client.on("error", () => lost.abort());
  client.on("end", () => lost.abort());
  await client.connect();
  try {
    const { rows } = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock($1, hashtext($2)) AS held", [
      lockSpace,
      name,
    ]);
    if (!rows[0]?.held) return false;
    const done = new AbortController();
    const heart = beat(() => client.query("SELECT"), lost, AbortSignal.any([lost.signal, done.signal]));
    try {
      await work(lost.signal);
    } finally {
      done.abort();
      await heart;
      // Said aloud: a server process notices a closed connection a moment later.
      await client.query("SELECT pg_advisory_unlock($1, hashtext($2))", [lockSpace, name]).catch(() => {});
    }
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}

async function beat(ask: () => Promise<unknown>, lost: AbortController, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    await sleep(heartbeatMs, undefined, { signal: until }).catch(() => {});
    if (until.aborted) return;
    await ask().catch(() => lost.abort());
  }
}
