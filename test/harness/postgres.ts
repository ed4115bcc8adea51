import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import pg from "pg";
import { freePort } from "../../internal/devstack/free-port.ts";
import { type PostgresServer, startPostgresServer } from "../../internal/devstack/postgres-server.ts";
import { temporaryFolder } from "./temporary.ts";
import { until } from "./wait.ts";

export type { PostgresServer };

/** A power failure of the machine is no part of any test on the shared server. */
const careless = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "400" };
/** Any number: it keeps one process from making a template while another does. */
const templateLock = 7_301;

/** A server of the caller's own, which outlives any `kill` of the test: fsync is on unless asked. */
export async function startPostgres(
  options: { port?: number; dataDir?: string; fsync?: boolean; settings?: Record<string, string> } = {},
): Promise<PostgresServer> {
  const settings = { ...(options.fsync === false ? careless : {}), ...options.settings };
  return startPostgresServer({
    folder: options.dataDir ?? temporaryFolder("postgres"),
    port: options.port || (await freePort()),
    settings,
  });
}

/** An empty database of the caller's own, migrated unless told, on the server that the test run shares. */
export async function createDatabase({ migrated = true } = {}): Promise<{ url: string; drop(): Promise<void> }> {
  const serverUrl = await sharedServer();
  const name = `test_${randomBytes(6).toString("hex")}`;
  // One a day, UTC: a migrated database has the partitions from yesterday on, also where midnight passes in a test run.
  const template = `sealpost_template_${new Date().toISOString().slice(0, 10).replaceAll("-", "")}`;
  await asAdmin(serverUrl, async (admin) => {
    await admin.query("select pg_advisory_lock($1)", [templateLock]);
    const made = await admin.query("select from pg_database where datname = $1", [template]);
    if (made.rowCount === 0) await makeTemplate(admin, serverUrl, template);
    await admin.query("select pg_advisory_unlock($1)", [templateLock]);
    await admin.query(`create database ${name} template ${migrated ? template : "template0"}`);
  });
  const drop = () =>
    asAdmin(serverUrl, async (admin) => {
      await leftBy(admin, name);
      await admin.query(`drop database if exists ${name} with (force)`);
    });
  return { url: databaseUrl(serverUrl, name), drop };
}

/**
 * Waits at most 15 s until nobody is connected. A pool says that it has ended before its connections have: one that is
 * forced out at that moment fails the test, as an error that nobody listens for.
 */
async function leftBy(admin: pg.Client, name: string): Promise<void> {
  const connected = "select from pg_stat_activity where datname = $1";
  const nobody = async () => (await admin.query(connected, [name])).rowCount === 0;
  await until(nobody, { timeoutMs: 15_000, what: `everybody to leave ${name}` }).catch(() => {});
}

let ownServer: Promise<string> | undefined;

/** The server that global-setup.ts started, or, outside jest, one that lives as long as this process. */
function sharedServer(): Promise<string> {
  const shared = process.env.SEALPOST_TEST_POSTGRES;
  if (shared) return Promise.resolve(shared);
  ownServer ??= startPostgres({ fsync: false }).then((server) => server.url);
  return ownServer;
}

async function makeTemplate(admin: pg.Client, serverUrl: string, template: string): Promise<void> {
  const unfinished = `${template}_unfinished`;
  await admin.query(`drop database if exists ${unfinished} with (force)`);
  await admin.query(`create database ${unfinished}`);
  const migrations = new URL("../../internal/store/migrate.ts", import.meta.url);
  if (existsSync(migrations)) {
    const { migrate } = (await import(migrations.href)) as { migrate: (url: string) => Promise<unknown> };
    await migrate(databaseUrl(serverUrl, unfinished));
  }
  await admin.query(`alter database ${unfinished} rename to ${template}`);
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function asAdmin<T>(serverUrl: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: databaseUrl(serverUrl, "postgres") });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
