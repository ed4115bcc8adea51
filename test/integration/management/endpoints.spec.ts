import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { formatId, parseId } from "../../../internal/domain/ids.ts";
import type { CreateEndpointInput, UpdateEndpointInput } from "../../../internal/endpoints/api.ts";
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
  tenant = await addTenant(management);
});
afterAll(() => management[Symbol.asyncDispose]());

function create(more: Partial<CreateEndpointInput> = {}, of = tenant) {
  return management.endpoints.create(of.company, {
    workspaceId: of.workspaceId,
    projectId: "",
    url: "http://localhost:3001",
    events: ["AUDIT_EVENT_CREATED"],
    description: "",
    maxInFlight: 0,
    secret: "",
    ...more,
  });
}

function update(webhookId: string, more: Partial<UpdateEndpointInput>, of = tenant) {
  const nothing = {
    updateMask: [],
    url: undefined,
    events: [],
    description: undefined,
    maxInFlight: undefined,
    etag: "",
  };
  return management.endpoints.update(of.company, { webhookId, ...nothing, ...more });
}

const shown = (uuid: string) => formatId("endpoint", uuid);

describe("an endpoint", () => {
  it("is answered with its secret once, and read back without", async () => {
    const { endpoint, secret } = await create();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(endpoint).toMatchObject({
      url: "http://localhost:3001",
      events: ["AUDIT_EVENT_CREATED"],
      region: "us",
      status: "ACTIVE",
      projectId: null,
      maxInFlight: 64,
      statistics: { attempts: 0, lastStatus: null },
    });
    expect(await management.endpoints.get(tenant.company, shown(endpoint.id))).toEqual(endpoint);
    const [row] = await management.record.query("select sealed from webhook_endpoint_secrets where endpoint_id = $1", [
      endpoint.id,
    ]);
    expect(row?.sealed.includes(Buffer.from(secret))).toBe(false);
  });

  it("takes the caller's own secret, and only a good one", async () => {
    const own = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    expect((await create({ secret: own })).secret).toBe(own);
    await expect(create({ secret: "whsec_c2hvcnQ=", url: "nowhere", events: [] })).rejects.toMatchObject({
      status: "INVALID_ARGUMENT",
      details: { fieldViolations: [{ field: "url" }, { field: "events" }, { field: "secret" }] },
    });
  });

  it("belongs to a project of its workspace, or to none", async () => {
    const { endpoint } = await create({ projectId: tenant.projectId });
    expect(endpoint.projectId).toBe(parseId("project", tenant.projectId));
    const { projectId } = await addTenant(management);
    await expect(create({ projectId })).rejects.toMatchObject({ status: "NOT_FOUND" });
  });

  it("is signed for with the key behind its secret", async () => {
    const { endpoint, secret } = await create();
    const [key] = (await management.endpointReader.readForDelivery(endpoint.id))?.keys ?? [];
    const bytes = Buffer.from(secret.slice("whsec_".length), "base64");
    expect(key?.key.export()).toEqual(bytes);
  });

  it("does not open with the secret of another row", async () => {
    const [one, two] = [await create(), await create()];
    await management.record.query(
      `update webhook_endpoint_secrets s set sealed = o.sealed from webhook_endpoint_secrets o
       where s.endpoint_id = $1 and o.endpoint_id = $2`,
      [one.endpoint.id, two.endpoint.id],
    );
    await expect(management.endpointReader.readForDelivery(one.endpoint.id)).rejects.toMatchObject({
      reason: "SECRET_UNREADABLE",
      message: expect.stringContaining("belongs to another row"),
    });
  });

  it("raises its workspace's endpoints version and tells every process, with each change", async () => {
    await using changes = await listen(management.url);
    const before = await endpointsVersion(management, tenant);
    const { endpoint } = await create();
    const id = shown(endpoint.id);
    await update(id, { description: "books" });
    await management.endpoints.disable(tenant.company, id);
    await management.endpoints.enable(tenant.company, id);
    await management.endpointReader.disableGone(endpoint.id);
    await management.endpoints.delete(tenant.company, id);
    expect(await endpointsVersion(management, tenant)).toBe(before + 6);
    await until(() => changes.seen.length >= 12, { what: "the notices" });
    const workspaceId = parseId("workspace", tenant.workspaceId);
    expect(changes.seen.filter((seen) => seen === `endpoint:${endpoint.id}`)).toHaveLength(6);
    expect(changes.seen.filter((seen) => seen === `workspace:${workspaceId}`)).toHaveLength(6);
  });

  it("changes nothing, tells nobody and keeps its etag when it is as wanted already", async () => {
    const { endpoint } = await create();
    const id = shown(endpoint.id);
    const before = await endpointsVersion(management, tenant);
    expect(await management.endpoints.enable(tenant.company, id)).toEqual(endpoint);
    expect(await update(id, { url: endpoint.url, events: endpoint.events })).toEqual(endpoint);
    const disabled = await management.endpoints.disable(tenant.company, id);
    expect(await management.endpoints.disable(tenant.company, id)).toEqual(disabled);
    expect(await endpointsVersion(management, tenant)).toBe(before + 1);
  });

  it("is updated field by field, only by who has read it last", async () => {
    const { endpoint } = await create({ description: "first" });
    const id = shown(endpoint.id);
    const updated = await update(id, { url: "https://example.com", maxInFlight: 5, etag: endpoint.etag });
    expect(updated).toMatchObject({ url: "https://example.com", maxInFlight: 5, description: "first" });
    expect(updated.etag).not.toBe(endpoint.etag);
    await expect(update(id, { description: "second", etag: endpoint.etag })).rejects.toMatchObject({
      status: "ABORTED",
      reason: "ETAG_MISMATCH",
    });
    await expect(update(id, { updateMask: ["status"] })).rejects.toThrow("update_mask: has no field status");
    await expect(update(id, { updateMask: ["events"] })).rejects.toThrow("events: must name at least one");
    expect(await management.endpoints.get(tenant.company, id)).toEqual(updated);
  });

  it("lets one of two updates with the same etag through", async () => {
    const { endpoint } = await create();
    const id = shown(endpoint.id);
    const both = await Promise.allSettled(
      ["a", "b"].map((description) => update(id, { description, etag: endpoint.etag })),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  it("is disabled and enabled, with the reason", async () => {
    const { endpoint } = await create();
    const id = shown(endpoint.id);
    expect(await management.endpoints.disable(tenant.company, id)).toMatchObject({
      status: "DISABLED",
      disabledReason: "BY_REQUEST",
    });
    expect(await management.endpointReader.readForDelivery(endpoint.id)).toMatchObject({ status: "DISABLED" });
    await management.endpointReader.disableGone(endpoint.id);
    expect(await management.endpoints.get(tenant.company, id)).toMatchObject({ disabledReason: "BY_REQUEST" });
    expect(await management.endpoints.enable(tenant.company, id)).toMatchObject({
      status: "ACTIVE",
      disabledReason: null,
    });
    await management.endpointReader.disableGone(endpoint.id);
    expect(await management.endpoints.get(tenant.company, id)).toMatchObject({
      status: "DISABLED",
      disabledReason: "GONE",
    });
  });

  it("is gone once it is deleted: its secret too, and its unfinished deliveries end with the reason", async () => {
    const { endpoint } = await create();
    const id = shown(endpoint.id);
    const waiting = Array.from({ length: 1200 }, () => "PENDING" as const);
    await addJobs(management.record, endpoint.id, [...waiting, "RETRY_SCHEDULED", "SENDING", "SUCCEEDED", "FAILED"]);
    await management.endpoints.delete(tenant.company, id);
    expect(
      await management.record.query(
        `select status, failure_reason, count(*)::int from webhook_jobs
         where endpoint_id = $1 group by 1, 2 order by 1, 2`,
        [endpoint.id],
      ),
    ).toEqual([
      { status: "FAILED", failure_reason: "ENDPOINT_DELETED", count: 1202 },
      { status: "FAILED", failure_reason: "EXHAUSTED", count: 1 },
      { status: "SUCCEEDED", failure_reason: null, count: 1 },
    ]);
    expect(
      await management.record.query("select from webhook_endpoint_secrets where endpoint_id = $1", [endpoint.id]),
    ).toEqual([]);
    expect(await management.endpointReader.readForDelivery(endpoint.id)).toBeUndefined();
    const absent = { status: "NOT_FOUND" };
    await expect(management.endpoints.get(tenant.company, id)).rejects.toMatchObject(absent);
    await expect(management.endpoints.delete(tenant.company, id)).rejects.toMatchObject(absent);
    await expect(management.endpoints.enable(tenant.company, id)).rejects.toMatchObject(absent);
    await expect(update(id, { description: "x" })).rejects.toMatchObject(absent);
    expect(management.errors).toEqual([]);
  });
});

describe("a workspace's endpoints", () => {
  it("are listed newest first, page by page, of one project or of all", async () => {
    const own = await addTenant(management);
    const made: string[] = [];
    for (let i = 0; i < 7; i++) {
      const { endpoint } = await create({ projectId: i % 2 ? own.projectId : "" }, own);
      made.push(endpoint.id);
    }
    const walk = async (projectId: string) => {
      const { workspaceId } = own;
      const seen: string[] = [];
      let pageToken = "";
      do {
        const page = await management.endpoints.list(own.company, { workspaceId, projectId, pageSize: 3, pageToken });
        seen.push(...page.items.map(({ id }) => id));
        pageToken = page.nextPageToken;
      } while (pageToken);
      return seen;
    };
    expect(await walk("")).toEqual(made.toSorted().toReversed());
    expect(await walk(own.projectId)).toHaveLength(3);
    const { nextPageToken } = await management.endpoints.list(own.company, {
      workspaceId: own.workspaceId,
      projectId: "",
      pageSize: 3,
      pageToken: "",
    });
    const elsewhere = { workspaceId: tenant.workspaceId, projectId: "", pageSize: 3, pageToken: nextPageToken };
    await expect(management.endpoints.list(tenant.company, elsewhere)).rejects.toThrow("start over");
  });

  it("are shown alone as in the list, with what was counted and all keys that sign", async () => {
    const own = await addTenant(management);
    const { id } = await addEndpoint(management, own);
    const webhookId = formatId("endpoint", id);
    const rotation = { webhookId, secret: "", signatureScheme: undefined, overlapMs: 60_000, compromised: false };
    await management.endpoints.rotateSecret(own.company, rotation);
    const page = { workspaceId: own.workspaceId, projectId: "", pageSize: 1, pageToken: "" };
    const listed = async () => (await management.endpoints.list(own.company, page)).items[0];
    const alone = () => management.endpoints.get(own.company, webhookId);
    expect(await alone()).toEqual(await listed());
    await management.record.query(
      `insert into endpoint_statistics (endpoint_id, attempts, succeeded, failed, consecutive_failures, last_success_at,
         last_status) values ($1, 3, 2, 1, 1, '2026-11-24T10:20:30.123Z', 503)`,
      [id],
    );
    const shown = await alone();
    expect(shown).toEqual(await listed());
    expect(shown.keys).toHaveLength(2);
    expect(shown.statistics).toEqual({
      attempts: 3,
      succeeded: 2,
      failed: 1,
      consecutiveFailures: 1,
      lastSuccessAt: new Date("2026-11-24T10:20:30.123Z"),
      lastFailureAt: null,
      lastStatus: 503,
    });
  });

  it("are as many as it may have, also when all are made at once", async () => {
    await using small = await startManagement({ endpointsPerWorkspace: 3 });
    const own = await addTenant(small);
    const input = { workspaceId: own.workspaceId, projectId: "", url: "https://example.com", events: ["*"] };
    const made = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        small.endpoints.create(own.company, { ...input, description: "", maxInFlight: 0, secret: "" }),
      ),
    );
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    for (const refused of made.filter(({ status }) => status === "rejected")) {
      expect(refused).toMatchObject({ reason: { status: "RESOURCE_EXHAUSTED", reason: "ENDPOINT_LIMIT" } });
    }
    expect(await endpointsVersion(small, own)).toBe(3);
    // What is counted once stays counted only as long as nothing changes.
    const [first] = made.flatMap((each) => (each.status === "fulfilled" ? [each.value.endpoint] : []));
    const create = () => small.endpoints.create(own.company, { ...input, description: "", maxInFlight: 0, secret: "" });
    await expect(create()).rejects.toMatchObject({ reason: "ENDPOINT_LIMIT" });
    await small.endpoints.delete(own.company, formatId("endpoint", first?.id ?? ""));
    await create();
    await expect(create()).rejects.toMatchObject({ reason: "ENDPOINT_LIMIT" });
  });
});

describe("the plan", () => {
  it("FREE may look, disable and delete, but not create, update or enable", async () => {
    const own = await addTenant(management);
    const { endpoint } = await create({}, own);
    const id = shown(endpoint.id);
    await management.tenants.setPlanTier(admin, { companyId: own.companyId, planTier: "FREE" });
    const refused = {
      status: "PERMISSION_DENIED",
      reason: "PLAN_REQUIRED",
      message: expect.stringContaining("GROWTH"),
    };
    await expect(create({ url: "nonsense" }, own)).rejects.toMatchObject(refused);
    await expect(update(id, { description: "x" }, own)).rejects.toMatchObject(refused);
    await management.endpoints.disable(own.company, id);
    await expect(management.endpoints.enable(own.company, id)).rejects.toMatchObject(refused);
    expect(await management.endpoints.get(own.company, id)).toMatchObject({ status: "DISABLED" });
    await management.endpoints.delete(own.company, id);
  });

  it.each(["GROWTH", "ENTERPRISE"] as const)("%s may have endpoints", async (planTier) => {
    const own = await addTenant(management, planTier);
    expect((await create({}, own)).endpoint.status).toBe("ACTIVE");
  });
});
