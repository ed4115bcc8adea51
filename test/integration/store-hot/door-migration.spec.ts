import { readFile } from "node:fs/promises";
import { expect, it } from "@jest/globals";
import pg from "pg";
import { newUuid } from "../../../internal/domain/ids.ts";
import { migrate } from "../../../internal/store/migrate.ts";
import { dayBounds, dayOf, partitionName } from "../../../internal/store/partitions/days.ts";
import { createDatabase } from "../../harness/postgres.ts";

it("suspends the endpoints of companies that are on FREE already, and keeps deliveries", async () => {
  const { url, drop } = await createDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("drop schema public cascade; create schema public; create table schema_migrations (name text)");
    const first = "0001_records";
    await client.query(
      await readFile(new URL(`../../../internal/store/migrations/${first}.sql`, import.meta.url), "utf8"),
    );
    await client.query("insert into schema_migrations values ($1)", [first]);
    // As the process of that version left it.
    const [today, [from, to]] = [partitionName("webhook_jobs", dayOf(Date.now())), dayBounds(dayOf(Date.now()))];
    await client.query(`create table ${today} (like webhook_jobs including all)`);
    await client.query(`alter table webhook_jobs attach partition ${today} for values from ('${from}') to ('${to}')`);
    const statusAfter = { FREE: "SUSPENDED", GROWTH: "ACTIVE" };
    const endpoints = new Map<string, string>();
    for (const [plan, expected] of Object.entries(statusAfter)) {
      const [company, workspace, endpoint] = [newUuid(), newUuid(), newUuid()];
      endpoints.set(endpoint, expected);
      await client.query("insert into companies (id, name, plan_tier) values ($1, 'c', $2)", [company, plan]);
      await client.query("insert into workspaces (id, company_id, name, region) values ($1, $2, 'w', 'us')", [
        workspace,
        company,
      ]);
      await client.query(
        `insert into webhook_endpoints (id, workspace_id, region, url, events, status, max_in_flight)
         values ($1, $2, 'us', 'http://127.0.0.1:1/', '{*}', 'ACTIVE', 4)`,
        [endpoint, workspace],
      );
      await client.query(
        `insert into webhook_jobs (id, event_id, endpoint_id, workspace_id, event_type, region, held_reason)
         values ($1, $1, $2, $3, 'a', 'us', 'ENDPOINT_DISABLED')`,
        [newUuid(), endpoint, workspace],
      );
    }
    expect(await migrate(url)).toContain("0002_door");
    const { rows } = await client.query<{ id: string; status: string }>("select id, status from webhook_endpoints");
    expect(new Map(rows.map(({ id, status }) => [id, status]))).toEqual(endpoints);
    // What the partitions that stood before allow.
    await client.query("update webhook_jobs set held_reason = 'ENDPOINT_SUSPENDED'");
    await expect(client.query("update webhook_jobs set held_reason = 'OTHER'")).rejects.toThrow("held_reason_check");
  } finally {
    await client.end();
    await drop();
  }
});
