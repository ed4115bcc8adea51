import { migrate } from "../../internal/store/migrate.ts";
import { type PostgresServer, startPostgres } from "./postgres.ts";

/** A migrated database on a server of the caller's own, which may be killed and started; fsync is on. */
export async function createOwnDatabase(): Promise<{ url: string; server: PostgresServer; drop(): Promise<void> }> {
  const server = await startPostgres();
  await migrate(server.url);
  return { url: server.url, server, drop: () => server.kill() };
}
