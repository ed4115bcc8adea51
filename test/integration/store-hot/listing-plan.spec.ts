import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { dayBounds, dayMs, dayOf } from "../../../internal/store/partitions/days.ts";
import { keepRetention } from "../../../internal/store/partitions/retention.ts";
import { openStore, type Store } from "./fixture.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store[Symbol.asyncDispose]());

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Loops"?: number;
  Plans?: Plan[];
}

function nodes(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodes)];
}

describe("listing an endpoint's deliveries", () => {
  it("is an index range scan that opens the newest days only, however many there are", async () => {
    const days = 14;
    const perDay = 2_000;
    const today = dayOf(Date.now());
    await keepRetention(store.url, { now: Date.now() - days * dayMs, daysAhead: days, retentionDays: 1_000 });
    for (let day = today - days; day <= today; day++) {
      // Ids of that day; one delivery in a hundred is our endpoint's.
      await store.record.query(
        `insert into webhook_jobs (id, event_id, endpoint_id, workspace_id, event_type, region, status)
         select (substr($1, 1, 14) || '7' || substr(md5(i::text), 1, 3) || '-8' || substr(md5(i::text), 4, 3) || '-'
                 || substr(md5(i::text), 7, 12))::uuid,
                $2, case when i % 100 = 0 then $2::uuid else gen_random_uuid() end, $3, 'a', 'us', 'SUCCEEDED'
         from generate_series(1, $4::int) i`,
        [dayBounds(day)[0], store.endpointId, store.workspaceId, perDay],
      );
    }
    await store.record.query("analyze webhook_jobs");
    const [explained] = await store.record.query<{ "QUERY PLAN": { Plan: Plan }[] }>(
      `explain (analyze, format json)
       select id, status from webhook_jobs
       where endpoint_id = '${store.endpointId}' and id < '${dayBounds(today + 1)[0]}' order by id desc limit 50`,
    );
    const plan = nodes((explained as { "QUERY PLAN": [{ Plan: Plan }] })["QUERY PLAN"][0].Plan);
    const scans = plan.filter((node) => node["Relation Name"]?.startsWith("webhook_jobs_"));
    expect(scans.length).toBeGreaterThanOrEqual(days);
    for (const scan of scans) expect(scan["Node Type"]).toMatch(/^Index (Only )?Scan$/);
    expect(plan.map((node) => node["Node Type"])).not.toContain("Sort");
    // 20 deliveries a day: 50 of them are found in three days.
    const opened = scans.filter((scan) => (scan["Actual Loops"] ?? 0) > 0).map((scan) => scan["Index Name"]);
    expect(opened.length).toBeLessThanOrEqual(4);
    for (const index of opened) expect(index).toContain("endpoint_id_id");
  });
});
