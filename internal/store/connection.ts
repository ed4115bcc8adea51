import pg from "pg";

/** The locks this program takes by number, `pg_advisory_lock(lockSpace, …)`: one number space of our own. */
export const lockSpace = 0x5ea1;
export const locks = { migrations: 1, partitions: 2 } as const;

/** A connection outside the pool: for what holds a session lock or listens. Connect it before use. */
export function dedicatedClient(url: string, applicationName: string, options: pg.ClientConfig = {}): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    ...options,
  });
  // Without a listener a broken idle connection would end the process; queries under way reject by themselves.
  client.on("error", () => {});
  return client;
}

/** Runs `work` on a connection of its own, which `signal` breaks off. */
export async function withClient<T>(
  url: string,
  applicationName: string,
  work: (client: pg.Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = dedicatedClient(url, applicationName);
  const end = () => client.end().catch(() => {});
  const breakOff = () => void end();
  await client.connect();
  signal?.addEventListener("abort", breakOff);
  try {
    signal?.throwIfAborted();
    return await work(client);
  } finally {
    signal?.removeEventListener("abort", breakOff);
    await end();
  }
}

/** A connection, as far as a transaction needs it. */
interface Queries {
  query(text: string): Promise<unknown>;
}

/** Commits what `work` writes, or nothing of it. */
export async function inTransaction<T>(client: Queries, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
