import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { type RunnableMigration, Umzug, type UmzugStorage } from "umzug";
import { inTransaction, lockSpace, locks, withClient } from "./connection.ts";
import { makePartitions } from "./partitions/make.ts";
import { grantToApplication } from "./roles/grant.ts";

/** Beside this module, in the sources and in the compiled `dist` alike. */
const folder = fileURLToPath(new URL("./migrations/", import.meta.url));

/**
 * Brings the database at `url` up to this version and makes the partitions of the coming days, so that it accepts at
 * once. May run in several processes at a time, and again at any time. Answers the names of what was applied.
 * `appRole`: the role that the processes connect with, where that is not the owner of the tables.
 *
 * @throws MigrationError of umzug, which names the file that failed; nothing of that file stays.
 */
export function migrate(url: string, options: { appRole?: string } = {}): Promise<string[]> {
  return withClient(url, "sealpost migrate", async (client) => {
    await client.query("SELECT pg_advisory_lock($1, $2)", [lockSpace, locks.migrations]);
    await client.query(
      "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
    );
    const applied = await new Umzug({
      migrations: await readMigrations(client),
      storage: appliedMigrations(client),
      logger: undefined,
    }).up();
    await makePartitions(client);
    if (options.appRole) await grantToApplication(client, options.appRole);
    return applied.map(({ name }) => name);
  });
}

async function readMigrations(client: pg.Client): Promise<RunnableMigration<object>[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".sql")).toSorted();
  return files.map((file) => ({
    name: basename(file, ".sql"),
    up: ({ name }) =>
      inTransaction(client, async () => {
        await client.query(await readFile(folder + file, "utf8"));
        await client.query("INSERT INTO schema_migrations (name) VALUES ($1)", [name]);
      }),
  }));
}

/** `up` notes itself, inside its own transaction: applied and noted, or neither. */
function appliedMigrations(client: pg.Client): UmzugStorage {
  return {
    logMigration: async () => {},
    unlogMigration: async () => {},
    executed: async () => {
      const { rows } = await client.query<{ name: string }>("SELECT name FROM schema_migrations ORDER BY name");
      return rows.map(({ name }) => name);
    },
  };
}
