import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Record } from "../../harness/record.ts";
import { type System, startSystem } from "../../harness/system.ts";
import { Granted } from "./granted.ts";
import { operations, overHttp } from "./operations.ts";

let system: System;
let record: Record;
let granted: Granted;
beforeAll(async () => {
  system = await startSystem({ deliveries: 0 });
  record = new Record(system.databaseUrl);
  granted = new Granted(system, record, await system.tenant());
});
afterAll(async () => {
  await record?.[Symbol.asyncDispose]();
  await system?.stop();
});

/** What belongs to the call and not to what it asks for: it counts towards its key's limit, and the key was used. */
const ofTheCall = new Set(["call_windows", "last_used_at"]);

/** Every row of every table. */
async function everything(): Promise<object> {
  const tables = await record.query<{ name: string }>(
    "select relname as name from pg_class where relkind in ('r', 'p') and not relispartition and relnamespace = current_schema()::regnamespace order by 1",
  );
  const contents: { [table: string]: unknown } = {};
  for (const { name } of tables.filter((table) => !ofTheCall.has(table.name))) {
    const rows = await record.query<{ row: object }>(`select to_jsonb(t) as row from ${name} t order by t::text`);
    contents[name] = rows.map(({ row }) => Object.entries(row).filter(([column]) => !ofTheCall.has(column)));
  }
  return contents;
}

describe.each(operations.map((method) => [method.descriptor.name, method] as const))("%s", (_name, method) => {
  it("changes nothing at all when its audit entry cannot be kept", async () => {
    const { key, fields } = await granted.request(method);
    const before = await everything();
    // The log takes nothing, as when its disk is full.
    await record.query("alter table audit_log add constraint full_up check (false) not valid");
    try {
      expect((await overHttp(system.apis[0]?.http ?? "", key, method, fields)).ok).toBe(false);
    } finally {
      await record.query("alter table audit_log drop constraint full_up");
    }
    expect(await everything()).toEqual(before);
    // It was that, and nothing else, that stood in its way.
    expect((await overHttp(system.apis[0]?.http ?? "", key, method, fields)).ok).toBe(true);
  });
});
