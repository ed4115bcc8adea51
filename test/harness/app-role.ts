import { randomBytes } from "node:crypto";
import pg from "pg";
import { migrate } from "../../internal/store/migrate.ts";
import { createDatabase } from "./postgres.ts";

export interface DividedDatabase {
  /** As the owner of the tables, which migrates. */
  ownerUrl: string;
  /** As the role that the processes connect with. */
  appUrl: string;
  appRole: string;
  drop(): Promise<void>;
}

/** A migrated database of the caller's own whose processes connect with a role that owns nothing. */
export async function createDividedDatabase(): Promise<DividedDatabase> {
  const { url: ownerUrl, drop } = await createDatabase();
  const appRole = `app_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  await asAdmin(ownerUrl, `create role ${appRole} login password '${password}'`);
  await migrate(ownerUrl, { appRole });
  const url = new URL(ownerUrl);
  url.username = appRole;
  url.password = password;
  return {
    ownerUrl,
    appUrl: url.href,
    appRole,
    async drop() {
      await drop();
      await asAdmin(ownerUrl, `drop role ${appRole}`);
    },
  };
}

/** Roles belong to the server, not to a database: to make and drop them, the database itself may be gone. */
async function asAdmin(databaseUrl: string, statement: string): Promise<void> {
  const url = new URL(databaseUrl);
  url.pathname = "/postgres";
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
