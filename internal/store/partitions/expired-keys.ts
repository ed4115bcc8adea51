import type pg from "pg";

/** Keys deleted in one transaction: few enough that nobody who takes a key waits for it. */
const page = 1_000;

/** Deletes idempotency keys that have expired. Answers how many. */
export async function deleteExpiredKeys(client: pg.Client): Promise<number> {
  let deleted = 0;
  while (true) {
    const { rowCount } = await client.query(
      `DELETE FROM idempotency_keys
       WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM idempotency_keys WHERE expires_at <= now() ORDER BY expires_at LIMIT ${page}
         FOR UPDATE SKIP LOCKED))`,
    );
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < page) return deleted;
  }
}
