import type { PostgresServer } from "../../internal/devstack/postgres-server.ts";
import { warmCompileCache } from "./compile-cache.ts";
import { startPostgres } from "./postgres.ts";
import { runFolder } from "./temporary.ts";

/** On the process, because jest may load setup and teardown as separate modules. */
export const sharedServer = Symbol.for("sealpost.test.postgres");

/** Once a run, before the workers start: they inherit the address. */
export default async function setup(): Promise<void> {
  if (process.env.SEALPOST_TEST_POSTGRES) return;
  runFolder();
  const [server] = await Promise.all([startPostgres({ fsync: false }), warmCompileCache()]);
  process.env.SEALPOST_TEST_POSTGRES = server.url;
  (process as unknown as Record<symbol, PostgresServer>)[sharedServer] = server;
}
