import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parseId } from "../../../internal/domain/ids.ts";
import { client } from "../../harness/client.ts";
import { Record } from "../../harness/record.ts";
import { type System, startSystem } from "../../harness/system.ts";

let system: System;
let record: Record;
beforeAll(async () => {
  system = await startSystem({ apis: 3, deliveries: 0 });
  record = new Record(system.databaseUrl);
});
afterAll(async () => {
  await record?.[Symbol.asyncDispose]();
  await system?.stop();
});

describe("a key that does not stop", () => {
  it("adds one entry a minute to the log, through all processes together, once it is over its limit", async () => {
    const { companyId } = await system.tenant();
    const admin = client(system.apis[0]?.http ?? "", system.adminKey);
    const path = `/v1/companies/${companyId}/keys`;
    const { body } = await admin.post<{ id: string; key: string }>(path, { name: "a" });
    const from = Date.now();
    const calls = system.apis.flatMap(({ http }) =>
      Array.from({ length: 100 }, () => client(http, body.key).post("/v1/webhooks/whe_none/disable")),
    );
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    const minutes = Math.floor((Date.now() - from) / 60_000) + 1;
    const limited = statuses.filter((status) => status === 429).length;
    expect(statuses.filter((status) => status === 404).length + limited).toBe(300);
    expect(limited).toBeGreaterThan(200);

    const reasons = await record.query<{ reason: string; count: number }>(
      "select reason, count(*)::int as count from audit_log where key_id = $1 group by reason order by reason",
      [parseId("apiKey", body.id)],
    );
    expect(reasons).toEqual([
      { reason: "NOT_FOUND", count: 300 - limited },
      { reason: "RATE_LIMITED", count: expect.any(Number) },
    ]);
    expect(reasons[1]?.count).toBeGreaterThanOrEqual(1);
    expect(reasons[1]?.count).toBeLessThanOrEqual(minutes);
  });
});
