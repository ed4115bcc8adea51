import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { formatId, newUuid } from "../../../internal/domain/ids.ts";
import type { CreateEndpointInput, RotateSecretInput, UpdateEndpointInput } from "../../../internal/endpoints/api.ts";
import { EnvelopeBox } from "../../../internal/secrets/envelope-box.ts";
import { Keyring } from "../../../internal/secrets/keyring.ts";
import { LocalKeys } from "../../../internal/secrets/local-keys.ts";
import { newSecretFor } from "../../../internal/signing/signing-key.ts";
import { openDatabase } from "../../../internal/store/database.ts";
import { PostgresEndpointReader } from "../../../internal/store/endpoints/endpoint-reader.ts";
import { migrate } from "../../../internal/store/migrate.ts";
import { createDatabase } from "../../harness/postgres.ts";
import { until } from "../../harness/wait.ts";
import { listen } from "./changes.ts";
import { addEndpoint, addTenant, type Management, startManagement, type TestTenant } from "./fixture.ts";

let management: Management;
let tenant: TestTenant;
beforeAll(async () => {
  management = await startManagement();
  tenant = await addTenant(management);
});
afterAll(() => management[Symbol.asyncDispose]());

const create = (more: Partial<CreateEndpointInput> = {}) => addEndpoint(management, tenant, more);

function rotate(webhookId: string, more: Partial<RotateSecretInput> = {}) {
  const plain = { secret: "", signatureScheme: undefined, overlapMs: undefined, compromised: false };
  return management.endpoints.rotateSecret(tenant.company, { webhookId, ...plain, ...more });
}

function update(webhookId: string, more: Partial<UpdateEndpointInput>) {
  const nothing = { updateMask: [], url: undefined, events: [], description: undefined, maxInFlight: undefined };
  return management.endpoints.update(tenant.company, { webhookId, ...nothing, etag: "", ...more });
}

const reader = () => management.endpointReader;
const keyBytes = (secret: string) => Buffer.from(secret.slice("whsec_".length), "base64");
const audited = async (id: string) =>
  (
    await management.record.query("select changes from audit_log where resource_id = $1 order by id desc limit 1", [id])
  )[0]?.["changes"];

describe("rotating a signing secret", () => {
  it("signs with the new and the old one until the old one's time, by the database's clock", async () => {
    const { endpoint, secret: first, webhookId } = await create();
    await using changes = await listen(management.url);
    const { endpoint: rotated, secret: second } = await rotate(webhookId, { overlapMs: 60_000 });
    await until(() => changes.seen.includes(`endpoint:${endpoint.id}`), { what: "every process to hear of it" });
    expect(rotated.etag).not.toBe(endpoint.etag);
    expect(rotated.keys).toMatchObject([
      { expiresAt: null },
      { id: endpoint.keys[0]?.id, expiresAt: expect.any(Date) },
    ]);
    expect(await management.endpoints.get(tenant.company, webhookId)).toEqual(rotated);

    const read = await reader().readForDelivery(endpoint.id);
    expect(read?.keys.map(({ key }) => key.export())).toEqual([keyBytes(second), keyBytes(first)]);
    const left = (read?.validUntil ?? 0) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);

    await management.record.query(
      "update webhook_endpoint_secrets set not_after = now() where endpoint_id = $1 and not_after is not null",
      [endpoint.id],
    );
    const after = await reader().readForDelivery(endpoint.id);
    expect(after).toMatchObject({ keys: [{}], validUntil: Number.POSITIVE_INFINITY });
    expect((await management.endpoints.get(tenant.company, webhookId)).keys).toHaveLength(1);
  });

  it("is recorded with its keys, and never with its secret", async () => {
    const { endpoint, webhookId } = await create();
    const { endpoint: after, secret } = await rotate(webhookId);
    const [now, before] = after.keys.map(({ id }) => formatId("signingKey", id));
    expect(await audited(endpoint.id)).toEqual([
      { field: "signing_keys", before: [before], after: [now, expect.stringMatching(`^${before} until 20`)] },
      { field: "secret", hidden: true },
    ]);
    await rotate(webhookId, { secret });
    expect(await audited(endpoint.id)).toEqual([]);
  });

  it("to the value that is current changes nothing, whoever asks how often", async () => {
    const { webhookId } = await create();
    const secret = newSecretFor("HMAC_SHA256");
    const answers = await Promise.all(Array.from({ length: 5 }, () => rotate(webhookId, { secret })));
    const ids = new Set(answers.map(({ endpoint }) => endpoint.keys[0]?.id));
    expect(ids.size).toBe(1);
    expect(answers.every((answer) => answer.secret === secret)).toBe(true);
    expect((await management.endpoints.get(tenant.company, webhookId)).keys).toHaveLength(2);
  });

  it("at the same time from several sides keeps at most three, each with a version of its own", async () => {
    const { endpoint, webhookId } = await create();
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => rotate(webhookId)));
    const refused = answers.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(6);
    for (const { reason } of refused as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ reason: "TOO_MANY_SECRETS" });
    }
    const rows = await management.record.query<{ version: number; not_after: Date | null }>(
      "select version, not_after from webhook_endpoint_secrets where endpoint_id = $1 order by version",
      [endpoint.id],
    );
    expect(rows.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(rows.map(({ not_after }) => not_after === null)).toEqual([false, false, true]);
  });

  it("of a compromised one leaves nothing of the old ones, not even when they cannot be opened", async () => {
    const { endpoint, webhookId } = await create();
    await rotate(webhookId);
    await management.record.query("update webhook_endpoint_secrets set sealed = '\\x02' where endpoint_id = $1", [
      endpoint.id,
    ]);
    await expect(reader().readForDelivery(endpoint.id)).rejects.toMatchObject({ reason: "SECRET_UNREADABLE" });
    const { secret } = await rotate(webhookId, { compromised: true });
    const read = await reader().readForDelivery(endpoint.id);
    expect(read?.keys.map(({ key }) => key.export())).toEqual([keyBytes(secret)]);
  });

  it("changes an endpoint over to ed25519, whose public key can be read any time", async () => {
    const { webhookId } = await create();
    const { endpoint, secret } = await rotate(webhookId, { signatureScheme: "ED25519" });
    expect(secret).toMatch(/^whsk_/);
    expect(endpoint.keys.map(({ scheme }) => scheme)).toEqual(["ED25519", "HMAC_SHA256"]);
    const [key] = (await management.endpoints.get(tenant.company, webhookId)).keys;
    expect(key?.publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
  });

  it("needs a plan, and the resource that manages the endpoint", async () => {
    const managedBy = { cluster: "c", namespace: "n", name: "e", uid: newUuid() };
    const { webhookId } = await create({ managedBy });
    await expect(rotate(webhookId)).rejects.toMatchObject({ reason: "MANAGED" });
    const plain = { webhookId, secret: "", signatureScheme: undefined, overlapMs: undefined, compromised: false };
    await management.endpoints.rotateSecret(tenant.company, plain, { managerUid: managedBy.uid, force: false });
    await expect(rotate(formatId("endpoint", newUuid()))).rejects.toMatchObject({ status: "NOT_FOUND" });
  });
});

describe("an endpoint's own headers", () => {
  it("are kept sealed, shown by name only, and sent", async () => {
    const { endpoint, webhookId } = await create({ headers: { Authorization: "Bearer t0ken", "X-Tenant": "acme" } });
    expect(endpoint.headerNames).toEqual(["authorization", "x-tenant"]);
    expect((await reader().readForDelivery(endpoint.id))?.headers).toEqual({
      authorization: "Bearer t0ken",
      "x-tenant": "acme",
    });
    const [row] = await management.record.query("select * from webhook_endpoints where id = $1", [endpoint.id]);
    expect(row?.["headers"].includes("t0ken")).toBe(false);
    expect(JSON.stringify(await management.endpoints.get(tenant.company, webhookId))).not.toContain("t0ken");
    expect(await audited(endpoint.id)).toEqual(
      expect.arrayContaining([
        { field: "headers", after: ["authorization", "x-tenant"] },
        { field: "headers[authorization]", hidden: true },
      ]),
    );
  });

  it("keep a value that an update leaves empty, replace the others, and go when they are not named", async () => {
    const { endpoint, webhookId } = await create({ headers: { a: "1", b: "2", c: "3" } });
    const headers = async () => (await reader().readForDelivery(endpoint.id))?.headers;
    const after = await update(webhookId, { headers: { A: "", b: "two", d: "4" } });
    expect(after.headerNames).toEqual(["a", "b", "d"]);
    expect(await headers()).toEqual({ a: "1", b: "two", d: "4" });
    expect(await audited(endpoint.id)).toEqual([
      { field: "headers", before: ["a", "b", "c"], after: ["a", "b", "d"] },
      { field: "headers[b]", hidden: true },
      { field: "headers[d]", hidden: true },
    ]);
    const same = await update(webhookId, { headers: { a: "", b: "", d: "" } });
    expect(same.etag).toBe(after.etag);
    await update(webhookId, { updateMask: ["headers"] });
    expect(await headers()).toEqual({});
  });

  it("do not open in another row, or after a newer one", async () => {
    const { endpoint, webhookId } = await create({ headers: { a: "1" } });
    const [old] = await management.record.query("select headers from webhook_endpoints where id = $1", [endpoint.id]);
    await update(webhookId, { headers: { a: "2" } });
    await management.record.query("update webhook_endpoints set headers = $2 where id = $1", [
      endpoint.id,
      old?.["headers"],
    ]);
    await expect(reader().readForDelivery(endpoint.id)).rejects.toMatchObject({ reason: "SECRET_UNREADABLE" });
  });
});

describe("the secrets of the first release", () => {
  it("are moved by the migration, and open still", async () => {
    const { url, drop } = await createDatabase({ migrated: false });
    const client = new pg.Client(url);
    await client.connect();
    const [companyId, workspaceId] = [newUuid(), newUuid()];
    const endpointId = "01933b5e-7c00-7abc-8def-0123456789ab";
    // Sealed by the first release, with the key below.
    const sealed =
      "AQQPHylpTs0hnTqi7Zv/pBnaxpLdqi0Soqj/10y5hUU4v5YZvS/SMwhIJP57i615TuCE0IzYohgaGwu5NF4mLCZ3Rq4D5Ir3qXNH";
    const first = new URL("../../../internal/store/migrations/0001_records.sql", import.meta.url);
    await client.query("create table schema_migrations (name text primary key, applied_at timestamptz default now())");
    await client.query(await readFile(first, "utf8"));
    await client.query("insert into schema_migrations (name) values ('0001_records')");
    await client.query("insert into companies (id, name, plan_tier) values ($1, 'c', 'GROWTH')", [companyId]);
    await client.query("insert into workspaces (id, company_id, name, region) values ($1, $2, 'w', 'us')", [
      workspaceId,
      companyId,
    ]);
    await client.query(
      `insert into webhook_endpoints (id, workspace_id, region, url, events, status, max_in_flight, secret)
       values ($1, $2, 'us', 'http://localhost:1', '{*}', 'ACTIVE', 1, decode($3, 'base64'))`,
      [endpointId, workspaceId, sealed],
    );
    await client.end();

    await migrate(url);
    const keyring = new Keyring("00112233445566778899aabbccddeeff".repeat(2));
    const database = openDatabase(url, { poolSize: 1, preparedPoolSize: 1 });
    const box = new EnvelopeBox({ current: new LocalKeys(() => keyring), keyring: () => keyring });
    const read = await new PostgresEndpointReader(database, box).readForDelivery(endpointId);
    await database.close();
    await drop();
    expect(read?.keys.map(({ key }) => key.export())).toEqual([keyBytes("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]);
  });
});
