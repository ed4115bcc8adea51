import type pg from "pg";

/** Deletes the call windows of keys that made no call for so long that nothing is left to count. Answers how many. */
export async function deleteIdleWindows(client: pg.Client): Promise<number> {
  const { rowCount } = await client.query("DELETE FROM call_windows WHERE updated_at < now() - interval '2 minutes'");
  return rowCount ?? 0;
}
