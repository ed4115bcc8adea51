import { readSettings } from "../internal/config/read.ts";
import { runCommand } from "../internal/lifecycle/run.ts";
import { migrate } from "../internal/store/migrate.ts";

/** Brings the database up to this version. May run in several processes at a time, and again at any time. */
await runCommand(async () => {
  const { DATABASE_URL: url, DATABASE_APP_ROLE: appRole } = readSettings(["DATABASE_URL", "DATABASE_APP_ROLE"]);
  const applied = await migrate(url, { appRole });
  console.log(applied.length > 0 ? `migrated: ${applied.join(", ")}` : "the database is up to date");
});
