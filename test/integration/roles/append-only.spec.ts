import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { migrate } from "../../../internal/store/migrate.ts";
import { auditCut } from "../../../internal/store/partitions/cuts.ts";
import { keepRetention } from "../../../internal/store/partitions/retention.ts";
import { createDividedDatabase, type DividedDatabase } from "../../harness/app-role.ts";
import { addTenant, admin, startManagement } from "../management/fixture.ts";

let database: DividedDatabase;
let owner: pg.Pool;
let app: pg.Pool;
beforeAll(async () => {
  database = await createDividedDatabase();
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  app = new pg.Pool({ connectionString: database.appUrl, max: 2 });
  // The log has entries, written by the application's own role.
  const management = await startManagement({ own: { url: database.appUrl, drop: async () => {} } });
  const tenant = await addTenant(management);
  await management.tenants.setPlanTier(admin, { companyId: tenant.companyId, planTier: "ENTERPRISE" });
  await management[Symbol.asyncDispose]();
});
afterAll(async () => {
  await Promise.all([owner?.end(), app?.end()]);
  await database?.drop();
});

const partition = auditCut.nameOf(auditCut.of(Date.now()));
const refused = "42501";

const attacks = ["audit_log", partition].flatMap((table) => [
  `UPDATE ${table} SET reason = 'never happened'`,
  `DELETE FROM ${table}`,
  `TRUNCATE ${table}`,
]);

/** What a role that cannot write rows might try next. */
const detours = [
  "ALTER TABLE audit_log DISABLE TRIGGER ALL",
  `ALTER TABLE ${partition} DISABLE TRIGGER ALL`,
  "DROP TRIGGER audit_log_append_only ON audit_log",
  "DROP TABLE audit_log",
  `ALTER TABLE audit_log DETACH PARTITION ${partition}`,
  `DROP TABLE ${partition}`,
  "DROP FUNCTION refuse_audit_change() CASCADE",
  "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
  "SET session_replication_role = replica",
  "UPDATE schema_migrations SET name = 'x'",
];

async function entries(): Promise<unknown[]> {
  return (await owner.query("SELECT * FROM audit_log ORDER BY id")).rows;
}

describe("the audit log", () => {
  it.each([...attacks, ...detours])("refuses the application's role: %s", async (statement) => {
    const before = await entries();
    expect(before.length).toBeGreaterThan(3);
    await expect(app.query(statement)).rejects.toMatchObject({ code: refused });
    expect(await entries()).toEqual(before);
  });

  it("lets the application's role grant itself nothing", async () => {
    // Postgres warns and grants nothing of what the grantor does not have.
    await app.query("GRANT ALL ON audit_log TO current_user");
    await expect(app.query("DELETE FROM audit_log")).rejects.toMatchObject({ code: refused });
  });

  it.each(attacks)("refuses the owner of the tables too: %s", async (statement) => {
    const before = await entries();
    await expect(owner.query(statement)).rejects.toMatchObject({
      code: refused,
      message: expect.stringContaining("the audit log is append-only"),
    });
    expect(await entries()).toEqual(before);
  });

  it("is read and added to by the application's role, also in a month that comes", async () => {
    const next = auditCut.of(Date.now()) + 1;
    const [id] = auditCut.bounds(next);
    const made = auditCut.nameOf(next);
    await keepRetention(database.ownerUrl, { daysAhead: 31 });
    const columns = "id, company_id, created_at, actor_kind, address, request_id, method, changes, status, reason";
    await app.query(`INSERT INTO audit_log (${columns}) VALUES ($1, $1, now(), 'admin', '', '', '', '[]', 'OK', '')`, [
      id,
    ]);
    expect((await app.query(`SELECT id FROM ${made}`)).rows).toEqual([{ id }]);
    for (const statement of [`UPDATE ${made} SET reason = 'x'`, `DELETE FROM ${made}`, `TRUNCATE ${made}`]) {
      await expect(app.query(statement)).rejects.toMatchObject({ code: refused });
      await expect(owner.query(statement)).rejects.toMatchObject({ code: refused });
    }
  });
});

describe("migrating for an application role", () => {
  it("takes back what was granted too much", async () => {
    await owner.query(`GRANT ALL ON audit_log, ${partition} TO ${database.appRole}`);
    await migrate(database.ownerUrl, { appRole: database.appRole });
    const { rows } = await owner.query<{ may: string }>(
      "SELECT privilege_type AS may FROM information_schema.table_privileges WHERE grantee = $1 AND table_name IN ('audit_log', $2)",
      [database.appRole, partition],
    );
    expect(rows.map(({ may }) => may).toSorted()).toEqual(["INSERT", "INSERT", "SELECT", "SELECT"]);
  });

  it("says what is wrong with a role that is not there, or that is none the less", async () => {
    await expect(migrate(database.ownerUrl, { appRole: "nobody_here" })).rejects.toThrow(
      'which this Postgres does not have: make it first, CREATE ROLE "nobody_here" LOGIN',
    );
    const owning = new URL(database.ownerUrl).username;
    await expect(migrate(database.ownerUrl, { appRole: owning })).rejects.toThrow("neither a superuser nor a member");
  });
});
