import type { Database } from "./database.ts";
import { sqlStateOf } from "./errors.ts";

const undefinedTable = "42P01";

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
