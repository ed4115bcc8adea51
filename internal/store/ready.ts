import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "./database.ts";
import { sqlStateOf } from "./errors.ts";

const undefinedTable = "42P01";
/** Between two looks, in ms. */
const pauseMs = 500;

/** Why the record cannot be used now; undefined when it can. */
export async function recordProblem({ sequelize }: Pick<Database, "sequelize">): Promise<string | undefined> {
  try {
    await sequelize.query("SELECT FROM webhook_jobs LIMIT 0");
    return undefined;
  } catch (error) {
    if (sqlStateOf(error) === undefinedTable) return "the database has no tables yet: run npm run migrate";
    return `Postgres cannot be reached: ${(error as Error).message}`;
  }
}

/** A process that is started before its database waits for it, and says for what. @throws Error when it is stopped. */
export async function untilUsable(
  database: Pick<Database, "sequelize">,
  { stopping, say }: { stopping(): boolean; say(text: string): void },
): Promise<void> {
  let said: string | undefined;
  while (!stopping()) {
    const problem = await recordProblem(database);
    if (problem === undefined) return;
    if (problem !== said) say(`waiting: ${problem}`);
    said = problem;
    await sleep(pauseMs);
  }
  throw new Error("stopped while waiting for the database");
}
