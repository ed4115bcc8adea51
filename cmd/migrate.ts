import { parseArgs } from "node:util";
import { readSettings, SettingsError } from "../internal/config/read.ts";
import { plainSettings } from "../internal/config/settings.ts";
import { runCommand } from "../internal/lifecycle/run.ts";
import { migrate } from "../internal/store/migrate.ts";
import { untilReachable } from "../internal/store/reachable.ts";

const usage = `usage: npm run migrate -- [--wait]
  --wait  wait for a Postgres that is just starting`;

/** Brings the database up to this version, when no setting in sight is wrong. May run in several processes at a time, and again at any time. */
await runCommand(async () => {
  const { wait } = readArguments();
  // Whatever else the environment says of other processes is read too: what is wrong shows before they start, and all at once.
  const given = plainSettings.filter((name) => process.env[name]);
  const settings = readSettings([
    "DATABASE_URL",
    "DATABASE_APP_ROLE",
    "SEALPOST_MODE",
    "ALLOW_PLAINTEXT_API",
    ...given,
  ]);
  const { DATABASE_URL: url, DATABASE_APP_ROLE: appRole } = settings;
  if (wait) await untilReachable(url, (text) => console.log(text));
  const applied = await migrate(url, { appRole });
  console.log(applied.length > 0 ? `migrated: ${applied.join(", ")}` : "the database is up to date");
});

function readArguments(): { wait: boolean } {
  try {
    return parseArgs({ options: { wait: { type: "boolean", default: false } } }).values;
  } catch (error) {
    throw new SettingsError(`${(error as Error).message}\n${usage}`);
  }
}
