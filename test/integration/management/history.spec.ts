import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { formatId, newUuid, uuidTime } from "../../../internal/domain/ids.ts";
import type { DeliveryStatus } from "../../../internal/domain/states.ts";
import type { ListDeliveriesInput } from "../../../internal/history/api.ts";
import { scanStatement } from "../../../internal/store/history/scan-deliveries.ts";
import { addEndpoint, addTenant, admin, type Management, startManagement, type TestTenant } from "./fixture.ts";
import { addJobs, type TestJob } from "./jobs.ts";

let management: Management;
let tenant: TestTenant;
beforeAll(async () => {
  management = await startManagement();
  tenant = await addTenant(management);
});
afterAll(() => management[Symbol.asyncDispose]());

const everything = { statuses: [], createdAfter: undefined, createdBefore: undefined, pageSize: 100, pageToken: "" };

function list(input: Partial<ListDeliveriesInput> & { webhookId: string }) {
  return management.history.listDeliveries(tenant.company, { ...everything, ...input });
}

async function walk(input: Partial<ListDeliveriesInput> & { webhookId: string }) {
  const ids: string[] = [];
  let pages = 0;
  let pageToken = "";
  do {
    const page = await list({ ...input, pageToken });
    ids.push(...page.items.map(({ id }) => id));
    pageToken = page.nextPageToken;
    pages++;
  } while (pageToken);
  return { ids, pages };
}

const newestFirst = (jobs: TestJob[]) => jobs.map(({ id }) => id).toReversed();

describe("an endpoint's deliveries", () => {
  const statuses = Array.from({ length: 3000 }, (_, i): DeliveryStatus => (i % 500 === 7 ? "FAILED" : "SUCCEEDED"));
  let webhookId: string;
  let jobs: TestJob[];
  beforeAll(async () => {
    const endpoint = await addEndpoint(management, tenant);
    webhookId = endpoint.webhookId;
    jobs = await addJobs(management.record, endpoint.id, statuses);
    await addJobs(management.record, (await addEndpoint(management, tenant)).id, ["SUCCEEDED"]);
  });

  it("are listed newest first, each once, with their attempts but no bodies", async () => {
    const { ids, pages } = await walk({ webhookId });
    expect(ids).toEqual(newestFirst(jobs));
    expect(pages).toBe(30);
    const [newest] = (await list({ webhookId, pageSize: 1 })).items;
    expect(newest?.attempts).toEqual([
      {
        id: newest?.id,
        deliveryId: newest?.id,
        number: 1,
        outcome: "SUCCESS",
        httpStatus: 200,
        error: "",
        startedAt: expect.any(Date),
        timing: { dnsMs: 0, connectMs: 0, tlsMs: 0, firstByteMs: 0, totalMs: 12.5 },
        pod: "pod-1",
        response: { headers: { "content-type": "text/plain" }, body: Buffer.alloc(0), truncated: false },
      },
    ]);
  });

  it("are filtered by state and by time", async () => {
    const failed = jobs.filter(({ status }) => status === "FAILED");
    expect((await walk({ webhookId, statuses: ["FAILED"], pageSize: 4 })).ids).toEqual(newestFirst(failed));
    expect((await walk({ webhookId, statuses: ["PENDING", "SENDING"] })).ids).toEqual([]);
    const at = (i: number) => new Date(uuidTime(jobs[i]?.id ?? ""));
    const between = { createdAfter: at(500), createdBefore: at(750) };
    expect((await walk({ webhookId, ...between })).ids).toEqual(newestFirst(jobs.slice(500, 750)));
    expect((await walk({ webhookId, ...between, statuses: ["FAILED"] })).ids).toEqual([jobs[507]?.id]);
    expect((await list({ webhookId, ...between, pageSize: 1 })).items[0]?.createdAt).toEqual(at(749));
  });

  it("give out tokens that hold for one query, and not for another", async () => {
    const { nextPageToken: pageToken } = await list({ webhookId });
    const startOver = { status: "INVALID_ARGUMENT", message: expect.stringContaining("start over") };
    await expect(list({ webhookId, pageToken, statuses: ["FAILED"] })).rejects.toMatchObject(startOver);
    await expect(list({ webhookId, pageToken, createdAfter: new Date(0) })).rejects.toMatchObject(startOver);
    await expect(list({ webhookId, pageToken: `${pageToken}x` })).rejects.toMatchObject(startOver);
    expect((await list({ webhookId, pageToken, pageSize: 5 })).items).toHaveLength(5);
  });

  it("can still be read when the endpoint is deleted", async () => {
    const endpoint = await addEndpoint(management, tenant);
    const [job] = await addJobs(management.record, endpoint.id, ["PENDING"]);
    await management.endpoints.delete(tenant.company, endpoint.webhookId);
    const { items } = await list({ webhookId: endpoint.webhookId });
    expect(items).toMatchObject([{ id: job?.id, status: "FAILED", failureReason: "ENDPOINT_DELETED" }]);
  });
});

describe("deliveries among very many", () => {
  /** As many younger ones as the table of a day may hold beside one delivery, of its endpoint or of another one. */
  async function bury(jobId: string | undefined, endpointId: string) {
    await management.record.query(
      `insert into webhook_jobs (id, event_id, endpoint_id, workspace_id, event_type, region, status)
       select (substr(o.id::text, 1, 8) || '-' || substr(o.id::text, 10, 4) || '-7fff-8000-' ||
               lpad(to_hex(n), 12, '0'))::uuid,
              o.event_id, $2, o.workspace_id, o.event_type, o.region, 'SUCCEEDED'
       from webhook_jobs o, generate_series(1, 60000) n where o.id = $1`,
      [jobId, endpointId],
    );
  }

  it("are found in bounded looks where they are rare: a page may be short, its token goes on", async () => {
    const { id, webhookId } = await addEndpoint(management, tenant);
    const [oldest] = await addJobs(management.record, id, ["FAILED"]);
    await bury(oldest?.id, id);
    const { ids, pages } = await walk({ webhookId, statuses: ["FAILED"] });
    expect(ids).toEqual([oldest?.id]);
    expect(pages).toBe(2);
  });

  it("are found by the index by endpoint and nothing else, planned before or after the table grew", async () => {
    const { id } = await addEndpoint(management, tenant);
    const [quiet] = await addJobs(management.record, id, ["FAILED"]);
    const client = await management.database.prepared.connect();
    const plan = async () => {
      const last = "'ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-0000-0000-000000000000', null, 51, 10000";
      const { rows } = await client.query(`explain analyze execute scan ('${id}', ${last})`);
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    };
    const otherWays = /_pkey|Seq Scan|Bitmap|Rows Removed/;
    try {
      await client.query(`prepare scan as ${scanStatement.text}`);
      expect(await plan()).toContain("_endpoint_id_id_idx");
      await bury(quiet?.id, newUuid());
      expect(await plan()).not.toMatch(otherWays);
      await client.query("analyze webhook_jobs");
      expect(await plan()).not.toMatch(otherWays);
    } finally {
      client.release(true);
    }
  });
});

describe("one delivery", () => {
  it("is read with what the receiver answered", async () => {
    const { id } = await addEndpoint(management, tenant);
    const [job] = await addJobs(management.record, id, ["SUCCEEDED"]);
    const delivery = await management.history.getDelivery(tenant.company, formatId("delivery", job?.id ?? ""));
    expect(delivery).toMatchObject({
      status: "SUCCEEDED",
      eventType: "invoice.paid",
      region: "us",
      nextAttemptAt: null,
    });
    expect(delivery.attempts[0]?.response?.body.toString()).toBe("thanks");
  });

  it("is shown on hold while its endpoint is disabled and it is not finished", async () => {
    const { id, webhookId } = await addEndpoint(management, tenant);
    await addJobs(management.record, id, ["SUCCEEDED", "PENDING", "RETRY_SCHEDULED"]);
    const held = async () => (await list({ webhookId })).items.map(({ heldReason }) => heldReason);
    expect(await held()).toEqual([null, null, null]);
    await management.endpoints.disable(tenant.company, webhookId);
    expect(await held()).toEqual(["ENDPOINT_DISABLED", "ENDPOINT_DISABLED", null]);
    const [newest] = (await list({ webhookId })).items;
    expect(newest?.nextAttemptAt?.getTime()).toBeGreaterThan(Date.now());
    expect(await management.history.getDelivery(tenant.company, formatId("delivery", newest?.id ?? ""))).toMatchObject({
      heldReason: "ENDPOINT_DISABLED",
    });
  });
});

describe("a manual retry", () => {
  const retry = (id: string | undefined, of = tenant) =>
    management.history.retryDelivery(of.company, formatId("delivery", id ?? ""));

  it("publishes a finished delivery once more, under a new epoch and with the same body", async () => {
    const { id } = await addEndpoint(management, tenant);
    const jobs = await addJobs(management.record, id, ["SUCCEEDED", "FAILED"]);
    for (const job of jobs) {
      const before = Date.now();
      expect(await retry(job.id)).toMatchObject({ status: "PENDING", failureReason: null, attemptCount: 1 });
      const [row] = await management.record.query("select * from webhook_jobs where id = $1", [job.id]);
      expect(row).toMatchObject({ manual: true, queue: "DELIVERIES_us", epoch: 1, held_reason: null });
      expect(row?.enqueued_at.getTime()).toBeGreaterThanOrEqual(before);
      expect(row?.enqueued_at.getTime()).toBeLessThanOrEqual(Date.now());
      const message = management.republished.find(({ deliveryId }) => deliveryId === job.id);
      expect(message).toMatchObject({ endpointId: id, eventId: row?.event_id, region: "us", attempt: 2, epoch: 1 });
      expect(JSON.parse(message?.body.toString() ?? "")).toEqual({ n: expect.any(Number) });
    }
  });

  it("is refused while the delivery is not finished, and lets one of many at once through", async () => {
    const { id } = await addEndpoint(management, tenant);
    const [waiting, finished] = await addJobs(management.record, id, ["RETRY_SCHEDULED", "FAILED"]);
    const unfinished = { status: "FAILED_PRECONDITION", reason: "DELIVERY_UNFINISHED" };
    await expect(retry(waiting?.id)).rejects.toMatchObject(unfinished);
    const before = management.republished.length;
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => retry(finished?.id)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const refused of outcomes.filter(({ status }) => status === "rejected")) {
      expect(refused).toMatchObject({ reason: unfinished });
    }
    expect(management.republished).toHaveLength(before + 1);
  });

  it("is refused where the endpoint cannot take it, the event is gone or the plan is FREE", async () => {
    const own = await addTenant(management);
    const { id, webhookId } = await addEndpoint(management, own);
    const [job, other] = await addJobs(management.record, id, ["FAILED", "FAILED"]);
    await management.endpoints.disable(own.company, webhookId);
    await expect(retry(job?.id, own)).rejects.toMatchObject({ reason: "ENDPOINT_DISABLED" });
    await management.endpoints.enable(own.company, webhookId);
    await management.record.query(
      "delete from webhook_events using webhook_jobs j where j.event_id = webhook_events.id and j.id = $1",
      [other?.id],
    );
    await expect(retry(other?.id, own)).rejects.toMatchObject({ reason: "EVENT_EXPIRED" });
    await management.tenants.setPlanTier(admin, { companyId: own.companyId, planTier: "FREE" });
    await expect(retry(job?.id, own)).rejects.toMatchObject({ status: "PERMISSION_DENIED", reason: "PLAN_REQUIRED" });
    await management.tenants.setPlanTier(admin, { companyId: own.companyId, planTier: "GROWTH" });
    await management.endpoints.delete(own.company, webhookId);
    await expect(retry(job?.id, own)).rejects.toMatchObject({
      status: "FAILED_PRECONDITION",
      reason: "ENDPOINT_DELETED",
    });
    await expect(retry(newUuid(), own)).rejects.toMatchObject({ status: "NOT_FOUND" });
  });
});
