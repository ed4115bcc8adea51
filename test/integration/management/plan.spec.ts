import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { formatId } from "../../../internal/domain/ids.ts";
import type { PlanTier } from "../../../internal/domain/states.ts";
import { PostgresWorkspaceReader } from "../../../internal/store/events/workspace-reader.ts";
import { until } from "../../harness/wait.ts";
import { listen } from "./changes.ts";
import {
  addEndpoint,
  addTenant,
  admin,
  endpointsVersion,
  type Management,
  startManagement,
  type TestTenant,
} from "./fixture.ts";
import { addJobs } from "./jobs.ts";

let management: Management;
let tenant: TestTenant;
beforeAll(async () => {
  management = await startManagement();
});
afterAll(() => management[Symbol.asyncDispose]());

const move = (planTier: PlanTier, { companyId } = tenant) =>
  management.tenants.setPlanTier(admin, { companyId, planTier });
const get = (webhookId: string, { company } = tenant) => management.endpoints.get(company, webhookId);
const refused = { status: "PERMISSION_DENIED", reason: "PLAN_REQUIRED", message: expect.stringContaining("GROWTH") };

/** Endpoints that match events, as accepting sees them. */
async function matchable({ workspace } = tenant): Promise<string[]> {
  const id = workspace.kind === "workspace" ? workspace.workspaceId : "";
  const snapshot = await new PostgresWorkspaceReader(management.database).readSnapshot(id);
  return (snapshot?.endpoints ?? []).map((endpoint) => formatId("endpoint", endpoint.id));
}

describe("a company that drops to FREE", () => {
  beforeAll(async () => {
    tenant = await addTenant(management);
  });

  it("has its active endpoints suspended with the reason, and back when its plan has endpoints again", async () => {
    const [active, disabled] = [await addEndpoint(management, tenant), await addEndpoint(management, tenant)];
    await management.endpoints.disable(tenant.company, disabled.webhookId);
    const before = await endpointsVersion(management, tenant);
    const { etag } = await get(active.webhookId);

    await move("FREE");
    expect(await get(active.webhookId)).toMatchObject({ status: "SUSPENDED", disabledReason: "PLAN" });
    expect((await get(active.webhookId)).etag).not.toBe(etag);
    expect(await get(disabled.webhookId)).toMatchObject({ status: "DISABLED", disabledReason: "BY_REQUEST" });
    expect(await endpointsVersion(management, tenant)).toBe(before + 1);
    expect(await matchable()).toEqual([]);
    expect(await management.endpointReader.readForDelivery(active.id)).toMatchObject({ status: "SUSPENDED" });

    await move("ENTERPRISE");
    expect(await get(active.webhookId)).toMatchObject({ status: "ACTIVE", disabledReason: null });
    expect(await get(disabled.webhookId)).toMatchObject({ status: "DISABLED", disabledReason: "BY_REQUEST" });
    expect(await matchable()).toEqual([active.webhookId]);
  });

  it("keeps what is disabled meanwhile disabled: by request, and by a receiver that answers 410", async () => {
    const [asked, gone, deleted] = await Promise.all([1, 2, 3].map(() => addEndpoint(management, tenant)));
    await move("FREE");
    await management.endpoints.disable(tenant.company, asked?.webhookId ?? "");
    await management.endpointReader.disableGone(gone?.id ?? "");
    await management.endpoints.delete(tenant.company, deleted?.webhookId ?? "");
    await move("GROWTH");
    expect(await get(asked?.webhookId ?? "")).toMatchObject({ status: "DISABLED", disabledReason: "BY_REQUEST" });
    expect(await get(gone?.webhookId ?? "")).toMatchObject({ status: "DISABLED", disabledReason: "GONE" });
    await expect(get(deleted?.webhookId ?? "")).rejects.toMatchObject({ status: "NOT_FOUND" });
  });

  it("has its waiting deliveries shown on hold, with the reason", async () => {
    const { id, webhookId } = await addEndpoint(management, tenant);
    await addJobs(management.record, id, ["SUCCEEDED", "PENDING", "RETRY_SCHEDULED"]);
    await move("FREE");
    const all = { statuses: [], createdAfter: undefined, createdBefore: undefined, pageSize: 0, pageToken: "" };
    const { items } = await management.history.listDeliveries(tenant.company, { webhookId, ...all });
    expect(items.map(({ heldReason }) => heldReason)).toEqual(["ENDPOINT_SUSPENDED", "ENDPOINT_SUSPENDED", null]);
    await move("GROWTH");
  });

  it("tells every process of the company and its workspaces, once each", async () => {
    for (let i = 0; i < 3; i++) await addEndpoint(management, tenant);
    await using changes = await listen(management.url);
    await move("FREE");
    const ids = [tenant.company, tenant.workspace].map((caller) =>
      caller.kind === "company" ? caller.companyId : caller.kind === "workspace" ? caller.workspaceId : "",
    );
    await until(() => changes.seen.length === 2, { what: "the notices" });
    expect(changes.seen).toEqual([`company:${ids[0]}`, `workspace:${ids[1]}`]);
    await move("GROWTH");
  });

  it("moves nothing between GROWTH and ENTERPRISE, and nothing of other companies", async () => {
    const other = await addTenant(management);
    const foreign = await addEndpoint(management, other);
    await move("ENTERPRISE");
    const before = await endpointsVersion(management, tenant);
    await move("GROWTH");
    expect(await endpointsVersion(management, tenant)).toBe(before);
    await move("FREE");
    expect(await get(foreign.webhookId, other)).toMatchObject({ status: "ACTIVE" });
    await move("GROWTH");
  });

  it("may have ten thousand endpoints: they are suspended in one go", async () => {
    const many = await addTenant(management);
    const { id, webhookId } = await addEndpoint(management, many);
    await management.record.query(
      `insert into webhook_endpoints (id, workspace_id, region, url, events, status, max_in_flight)
       select gen_random_uuid(), workspace_id, region, url, events, status, max_in_flight
       from webhook_endpoints, generate_series(1, 9999) where id = $1`,
      [id],
    );
    await move("FREE", many);
    expect(await get(webhookId, many)).toMatchObject({ status: "SUSPENDED" });
    expect(await matchable(many)).toEqual([]);
    await move("GROWTH", many);
    expect(await matchable(many)).toHaveLength(10_000);
  });
});

/** Changes that need the plan; each is answered only once the plan is decided. */
const gated: Record<string, (own: TestTenant) => Promise<() => Promise<unknown>>> = {
  async create(own) {
    return () => addEndpoint(management, own);
  },
  async update(own) {
    const { webhookId } = await addEndpoint(management, own);
    const change = { updateMask: [], url: undefined, events: [], maxInFlight: undefined, etag: "" };
    return () => management.endpoints.update(own.company, { ...change, webhookId, description: "new" });
  },
  async "rotate a secret"(own) {
    const { webhookId } = await addEndpoint(management, own);
    const plain = { webhookId, secret: "", signatureScheme: undefined, overlapMs: undefined, compromised: false };
    return () => management.endpoints.rotateSecret(own.company, plain);
  },
  async enable(own) {
    const { webhookId } = await addEndpoint(management, own);
    await management.endpoints.disable(own.company, webhookId);
    return () => management.endpoints.enable(own.company, webhookId);
  },
  async "rotate its secret"(own) {
    const { webhookId } = await addEndpoint(management, own);
    const rotation = { webhookId, secret: "", signatureScheme: undefined, overlapMs: undefined, compromised: false };
    return () => management.endpoints.rotateSecret(own.company, rotation);
  },
  async "retry a delivery"(own) {
    const { id } = await addEndpoint(management, own);
    const [job] = await addJobs(management.record, id, ["FAILED"]);
    return () => management.history.retryDelivery(own.company, formatId("delivery", job?.id ?? ""));
  },
};

describe.each(Object.entries(gated))("while the plan drops, to %s", (_name, prepare) => {
  it("waits for the drop and is refused: nothing slips past it", async () => {
    const own = await addTenant(management);
    const change = await prepare(own);
    const workspaceId = own.workspace.kind === "workspace" ? own.workspace.workspaceId : "";
    const rows = (table: string) =>
      management.record.query(`select * from ${table} where workspace_id = $1 order by id`, [workspaceId]);
    const before = [await rows("webhook_endpoints"), await rows("webhook_jobs")];
    const other = new pg.Client({ connectionString: management.url });
    await other.connect();
    try {
      await other.query("begin");
      const companyId = own.company.kind === "company" ? own.company.companyId : "";
      await other.query("update companies set plan_tier = 'FREE' where id = $1", [companyId]);
      const changed = change().then(
        () => "changed",
        (error: unknown) => error,
      );
      const waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
      await until(async () => (await management.record.query(waiting)).length > 0, { what: "the change to wait" });
      await other.query("commit");
      expect(await changed).toMatchObject(refused);
    } finally {
      await other.end();
    }
    expect([await rows("webhook_endpoints"), await rows("webhook_jobs")]).toEqual(before);
  });
});

it("leaves no active endpoint behind a drop, however they meet", async () => {
  const own = await addTenant(management);
  for (let round = 0; round < 10; round++) {
    await move("GROWTH", own);
    const creates = Array.from({ length: 6 }, () => addEndpoint(management, own));
    const drop = move("FREE", own);
    const outcomes = await Promise.allSettled([...creates, drop]);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(refused);
    }
    expect(await matchable(own)).toEqual([]);
  }
});
