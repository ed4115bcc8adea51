import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";

/** Whoever waits for a strong lock makes everybody behind it wait too: so it waits this long only, then stands back. */
const lockTimeoutMs = 1_000;
const tries = 20;
const lockNotAvailable = "55P03";

/** Runs DDL that needs a table lock. It gives way to the hot path, up to 20 times. @throws the last lock timeout. */
export async function withLockTimeout<T>(client: pg.Client, ddl: () => Promise<T>): Promise<T> {
  await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ddl();
      } catch (error) {
        if ((error as { code?: string }).code !== lockNotAvailable || attempt === tries) throw error;
        await sleep(lockTimeoutMs * (0.5 + Math.random()));
      }
    }
  } finally {
    await client.query("RESET lock_timeout").catch(() => {});
  }
}
