import { parseArgs } from "node:util";
import { readSettings } from "../internal/config/read.ts";
import { formatId } from "../internal/domain/ids.ts";
import { Paging } from "../internal/domain/paging.ts";
import { runCommand } from "../internal/lifecycle/run.ts";
import { openDatabase } from "../internal/store/database.ts";
import { PostgresTenantRecord } from "../internal/store/tenancy/tenant-record.ts";
import { KeyHash } from "../internal/tenancy/key-hash.ts";
import { seed } from "../internal/tenancy/seed.ts";
import { TenantService } from "../internal/tenancy/service.ts";

/** Postgres' code for a table that is not there. */
const undefinedTable = "42P01";

/** Makes a company to try things with, or brings it to SEED_PLAN_TIER; prints its ids, and keys when it made them. */
await runCommand(async () => {
  const { values: flags } = parseArgs({
    options: { json: { type: "boolean" }, "renew-keys": { type: "boolean", default: false } },
  });
  const settings = readSettings(["DATABASE_URL", "SEALPOST_KEY_PEPPER", "SEALPOST_REGIONS", "SEED_PLAN_TIER"]);
  const regions = Object.keys(settings.SEALPOST_REGIONS);
  const database = openDatabase(settings.DATABASE_URL, { poolSize: 2, applicationName: "sealpost seed" });
  try {
    const tenants = new TenantService({
      record: new PostgresTenantRecord(database),
      hash: new KeyHash(settings.SEALPOST_KEY_PEPPER),
      paging: new Paging(settings.SEALPOST_KEY_PEPPER),
      regions,
    });
    const seeded = await seed(tenants, {
      planTier: settings.SEED_PLAN_TIER,
      region: regions[0] ?? "",
      renewKeys: flags["renew-keys"],
    });
    const { company, workspace, project, companyKey, workspaceKey } = seeded;
    const report = {
      planTier: company.planTier,
      region: workspace.region,
      companyId: formatId("company", company.id),
      workspaceId: formatId("workspace", workspace.id),
      projectId: formatId("project", project.id),
      companyKey: companyKey.key,
      workspaceKey: workspaceKey.key,
    };
    if (flags.json) return console.log(JSON.stringify(report));
    const kept = "(made by an earlier run, which showed it; npm run seed -- --renew-keys makes a new one)";
    for (const change of seeded.changes) console.log(`- ${change}`);
    console.log(`company        ${report.companyId}  ${company.name}, plan ${report.planTier}`);
    console.log(`workspace      ${report.workspaceId}  region ${report.region}`);
    console.log(`project        ${report.projectId}`);
    console.log(`company key    ${report.companyKey ?? kept}`);
    console.log(`workspace key  ${report.workspaceKey ?? kept}`);
  } catch (error) {
    throw (error as { original?: { code?: string } }).original?.code === undefinedTable
      ? new Error("the database has no tables yet: run npm run migrate first")
      : error;
  } finally {
    await database.close();
  }
});
