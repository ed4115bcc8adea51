import type pg from "pg";
import { inTransaction } from "../connection.ts";

/** What the application only adds to, by table; its partitions with it. */
const appendOnly = "audit_log";
/** What the application only reads. */
const readOnly = "schema_migrations";

/**
 * Gives the role with which the processes connect what they need, on every table there is: rows may be read and written,
 * tables not altered; the audit log is only added to. What the role had more of those, it loses.
 *
 * @throws Error when the role is not there, or could take the owner's rights by itself: its limits would be none.
 */
export async function grantToApplication(client: pg.Client, role: string): Promise<void> {
  await requireLesserRole(client, role);
  const name = client.escapeIdentifier(role);
  const { rows } = await client.query<{ schema: string; log: string }>(
    `SELECT quote_ident(current_schema()) AS schema, string_agg(relid::regclass::text, ', ') AS log
     FROM pg_partition_tree('${appendOnly}')`,
  );
  const { schema, log } = rows[0] ?? { schema: "public", log: appendOnly };
  await inTransaction(client, async () => {
    await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${name}`);
    await client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${name}`);
    await client.query(`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${schema} TO ${name}`);
    await client.query(`REVOKE ALL ON ${log}, ${readOnly} FROM ${name}`);
    await client.query(`GRANT SELECT, INSERT ON ${log} TO ${name}`);
    await client.query(`GRANT SELECT ON ${readOnly} TO ${name}`);
  });
}

async function requireLesserRole(client: pg.Client, role: string): Promise<void> {
  const { rows } = await client.query<{ owns: boolean }>(
    `SELECT pg_has_role(r.oid, c.relowner, 'MEMBER') AS owns
     FROM pg_roles r, pg_class c WHERE r.rolname = $1 AND c.oid = '${appendOnly}'::regclass`,
    [role],
  );
  if (!rows[0]) {
    throw new Error(
      `DATABASE_APP_ROLE names the role ${role}, which this Postgres does not have: make it first, ` +
        `CREATE ROLE ${client.escapeIdentifier(role)} LOGIN PASSWORD '…'`,
    );
  }
  if (rows[0].owns) {
    throw new Error(
      `DATABASE_APP_ROLE names the role ${role}, which owns Sealpost's tables or may become their owner: ` +
        "nothing could be withheld from it; name a role that is neither a superuser nor a member of the owner",
    );
  }
}

/** A partition is used by its own name too: whoever was granted something on its table is granted it here. */
export async function grantAsTable(client: pg.Client, table: string, partition: string): Promise<void> {
  const { rows } = await client.query<{ grant: string }>(
    `SELECT format('GRANT %s ON %I TO %s', string_agg(a.privilege_type, ', '), $2::text,
                   CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END) AS grant
     FROM pg_class c, aclexplode(c.relacl) a
     WHERE c.oid = $1::regclass AND a.grantee <> c.relowner
     GROUP BY a.grantee`,
    [table, partition],
  );
  for (const { grant } of rows) await client.query(grant);
}

/** Whether this connection's role may make and drop partitions. */
export async function ownsTables(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ owns: boolean }>(
    `SELECT pg_has_role(relowner, 'USAGE') AS owns FROM pg_class WHERE oid = '${appendOnly}'::regclass`,
  );
  return rows[0]?.owns === true;
}
