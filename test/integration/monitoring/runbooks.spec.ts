import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createDatabase } from "../../harness/postgres.ts";
import { Record } from "../../harness/record.ts";

const folder = fileURLToPath(new URL("../../../docs/runbooks/", import.meta.url));
const queries = readdirSync(folder).flatMap((page) =>
  [...readFileSync(folder + page, "utf8").matchAll(/`(SELECT [^`]+)`/g)].map(([, query = ""]) => ({ page, query })),
);

describe("the runbooks' queries", () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let record: Record;
  beforeAll(async () => {
    database = await createDatabase();
    record = new Record(database.url);
  });
  afterAll(async () => {
    await record?.[Symbol.asyncDispose]();
    await database?.drop();
  });

  it("are there", () => expect(queries.length).toBeGreaterThan(3));

  it.each(queries)("of $page are answered: $query", async ({ query }) => {
    await expect(record.query(query)).resolves.toBeInstanceOf(Array);
  });
});
