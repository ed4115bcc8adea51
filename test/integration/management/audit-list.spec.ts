import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ListAuditInput } from "../../../internal/audit/api.ts";
import type { AuditEntry } from "../../../internal/domain/audit.ts";
import type { Caller } from "../../../internal/domain/caller.ts";
import { formatId, newUuid, parseId } from "../../../internal/domain/ids.ts";
import { addEndpoint, addTenant, admin, type Management, startManagement, type TestTenant } from "./fixture.ts";

let management: Management;
let own: TestTenant;
let foreign: TestTenant;
beforeAll(async () => {
  management = await startManagement();
  own = await addTenant(management);
  foreign = await addTenant(management);
});
afterAll(() => management[Symbol.asyncDispose]());

const nothing = {
  createdAfter: undefined,
  createdBefore: undefined,
  keyId: "",
  method: "",
  resourceId: "",
  outcome: "ANY",
  pageSize: 0,
  pageToken: "",
} as const;

function list(caller: Caller, input: Partial<ListAuditInput> = {}) {
  return management.audit.list(caller, { ...nothing, companyId: own.companyId, ...input });
}

/** Entries put straight into the log, `count` of them, one a millisecond from `from` on. */
async function addEntries(count: number, columns: Record<string, unknown>, from = Date.now()): Promise<void> {
  const row: Record<string, unknown> = {
    company_id: parseId("company", own.companyId),
    actor_kind: "company",
    address: "192.0.2.1",
    request_id: "r",
    method: "sealpost.v1.A/B",
    changes: "[]",
    status: "OK",
    reason: "",
    ...columns,
  };
  const names = Object.keys(row);
  await management.record.query(
    `insert into audit_log (id, created_at, ${names.join(", ")})
     select (lpad(to_hex($1::bigint + i), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 1, 15))::uuid,
            to_timestamp(($1::bigint + i) / 1000.0), ${names.map((_, i) => `$${i + 3}`).join(", ")}
     from generate_series(1, $2::int) i`,
    [from, count, ...Object.values(row)],
  );
}

const ids = (entries: AuditEntry[]) => entries.map(({ id }) => id);

describe("the audit log", () => {
  it("is a company's own, and every company's for the operator, newest first", async () => {
    const mine = await list(own.company);
    expect(ids(mine.items)).toEqual(ids(mine.items).toSorted().toReversed());
    expect(mine.items.map(({ resource }) => resource?.kind)).toEqual(["project", "workspace", "company"]);
    expect(new Set(mine.items.map(({ companyId }) => companyId))).toEqual(new Set([parseId("company", own.companyId)]));
    expect(await list(admin)).toEqual(mine);
  });

  it("of another company is as absent as one that never was", async () => {
    const answers = await Promise.all(
      [foreign.companyId, formatId("company", newUuid()), "", "com_", own.workspaceId].map((companyId) =>
        list(own.company, { companyId }).catch((error: unknown) => error),
      ),
    );
    for (const answer of answers) expect(answer).toMatchObject({ status: "NOT_FOUND", reason: "NOT_FOUND" });
    for (const companyId of [formatId("company", newUuid()), "com_"]) {
      await expect(list(admin, { companyId })).rejects.toMatchObject({ status: "NOT_FOUND" });
    }
  });

  it("is not for workspace keys", async () => {
    await expect(list(own.workspace)).rejects.toMatchObject({ status: "PERMISSION_DENIED" });
  });

  it("is filtered by resource, key, method, outcome and time; what is foreign finds as little as what is random", async () => {
    const { id, webhookId } = await addEndpoint(management, own);
    const theirs = await addEndpoint(management, foreign);
    const denied = newUuid();
    const keyId = newUuid();
    const method = "sealpost.v1.TenantService/SetPlanTier";
    const status = "PERMISSION_DENIED";
    const from = Date.now();
    await addEntries(1, { key_id: keyId, method, status, resource_id: denied, resource_kind: "endpoint" }, from);

    const found = async (input: Partial<ListAuditInput>) => (await list(own.company, input)).items;
    expect(await found({ resourceId: webhookId })).toMatchObject([{ resource: { kind: "endpoint", id } }]);
    expect(await found({ resourceId: formatId("endpoint", denied) })).toMatchObject([{ outcome: { status } }]);
    expect(await found({ keyId: formatId("apiKey", keyId) })).toMatchObject([{ actor: { keyId } }]);
    expect(await found({ method })).toMatchObject([{ origin: { method } }]);
    expect(await found({ outcome: "DENIED" })).toMatchObject([{ outcome: { status } }]);
    expect((await found({ outcome: "ALLOWED" })).length).toBe((await found({})).length - 1);
    expect(await found({ createdAfter: new Date(from + 1), createdBefore: new Date(from + 2) })).toMatchObject([
      { outcome: { status } },
    ]);
    expect(await found({ createdBefore: new Date(from - 3_600_000) })).toEqual([]);

    for (const resourceId of [theirs.webhookId, foreign.workspaceId, formatId("endpoint", newUuid())]) {
      expect(await found({ resourceId })).toEqual([]);
    }
    expect(await found({ keyId: formatId("apiKey", newUuid()) })).toEqual([]);
  });

  it("says which filter is no id", async () => {
    for (const [field, input] of [
      ["resource_id", { resourceId: "whe_" }],
      ["key_id", { keyId: own.workspaceId }],
    ] as const) {
      await expect(list(own.company, input)).rejects.toMatchObject({
        status: "INVALID_ARGUMENT",
        details: { fieldViolations: [{ field }] },
      });
    }
  });

  it("is read page by page, each entry once; a token is of its list and its filters", async () => {
    await addEntries(130, {});
    const all = new Set<string>();
    let pageToken = "";
    let pages = 0;
    do {
      const page = await list(own.company, { pageSize: 50, pageToken });
      for (const id of ids(page.items)) {
        expect(all).not.toContain(id);
        all.add(id);
      }
      pageToken = page.nextPageToken;
      pages++;
    } while (pageToken !== "");
    expect(pages).toBe(Math.ceil(all.size / 50));
    expect(all.size).toBeGreaterThan(130);

    const { nextPageToken } = await list(own.company, { pageSize: 1 });
    const elsewhere = [
      list(admin, { companyId: foreign.companyId, pageToken: nextPageToken }),
      list(foreign.company, { companyId: foreign.companyId, pageToken: nextPageToken }),
      list(own.company, { outcome: "DENIED", pageToken: nextPageToken }),
      list(own.company, { resourceId: own.workspaceId, pageToken: nextPageToken }),
      list(own.company, { createdAfter: new Date(0), pageToken: nextPageToken }),
    ];
    for (const result of await Promise.allSettled(elsewhere)) {
      expect(result).toMatchObject({ reason: { details: { fieldViolations: [{ field: "page_token" }] } } });
    }
  });

  it("finds what is rare in steps of bounded work", async () => {
    const tenant = await addTenant(management);
    const company_id = parseId("company", tenant.companyId);
    const rare = newUuid();
    const from = Date.now() - 100_000;
    await addEntries(1, { company_id, resource_id: rare, resource_kind: "endpoint" }, from);
    await addEntries(60_000, { company_id }, from + 10);
    const filter = { companyId: tenant.companyId, resourceId: formatId("endpoint", rare) };
    const first = await management.audit.list(tenant.company, { ...nothing, ...filter });
    expect(first.items).toEqual([]);
    const second = await management.audit.list(tenant.company, {
      ...nothing,
      ...filter,
      pageToken: first.nextPageToken,
    });
    expect(second).toMatchObject({ items: [{ resource: { id: rare } }], nextPageToken: "" });
  });
});
