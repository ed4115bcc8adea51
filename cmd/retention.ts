import { readSettings } from "../internal/config/read.ts";
import { runCommand } from "../internal/lifecycle/run.ts";
import { dayMs } from "../internal/store/partitions/days.ts";
import { keepRetention } from "../internal/store/partitions/retention.ts";

/**
 * Makes the partitions of the coming days and drops what is past its retention, once. Where the processes connect with
 * a role that does not own the tables, something has to run this with the owner's address, once a day at least.
 */
await runCommand(async () => {
  const settings = readSettings(["DATABASE_URL", "RETENTION", "AUDIT_RETENTION"]);
  const run = await keepRetention(settings.DATABASE_URL, {
    retentionDays: Math.ceil(settings.RETENTION / dayMs),
    auditRetentionDays: Math.ceil(settings.AUDIT_RETENTION / dayMs),
  });
  if (!run.owner) {
    throw new Error(
      "DATABASE_URL's role does not own Sealpost's tables: use the one that npm run migrate was run with",
    );
  }
  const named = (names: string[]) => (names.length > 0 ? names.join(", ") : "none");
  console.log(`made: ${named(run.made)}; dropped: ${named(run.dropped)}`);
});
