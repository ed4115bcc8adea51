import { randomBytes } from "node:crypto";
import { AuditService } from "../../../internal/audit/service.ts";
import type { Caller } from "../../../internal/domain/caller.ts";
import { formatId, type Uuid } from "../../../internal/domain/ids.ts";
import type { DeliveryMessage } from "../../../internal/domain/message.ts";
import { Paging } from "../../../internal/domain/paging.ts";
import type { PlanTier } from "../../../internal/domain/states.ts";
import type { CreateEndpointInput } from "../../../internal/endpoints/api.ts";
import { EndpointService } from "../../../internal/endpoints/service.ts";
import { HistoryService } from "../../../internal/history/service.ts";
import { OutgoingRules } from "../../../internal/network/outgoing-rules.ts";
import { EnvelopeBox } from "../../../internal/secrets/envelope-box.ts";
import { Keyring } from "../../../internal/secrets/keyring.ts";
import { LocalKeys } from "../../../internal/secrets/local-keys.ts";
import { PostgresAuditRecord } from "../../../internal/store/audit/audit-record.ts";
import { openDatabase } from "../../../internal/store/database.ts";
import { PostgresEndpointReader } from "../../../internal/store/endpoints/endpoint-reader.ts";
import { PostgresEndpointRecord } from "../../../internal/store/endpoints/endpoint-record.ts";
import { PostgresHistoryRecord } from "../../../internal/store/history/history-record.ts";
import { PostgresKeyRecord } from "../../../internal/store/tenancy/key-record.ts";
import { PostgresTenantRecord } from "../../../internal/store/tenancy/tenant-record.ts";
import { KeyAuthenticator } from "../../../internal/tenancy/authenticator.ts";
import { KeyHash } from "../../../internal/tenancy/key-hash.ts";
import { TenantService } from "../../../internal/tenancy/service.ts";
import { createDatabase } from "../../harness/postgres.ts";
import { Record } from "../../harness/record.ts";

/** Calls here come from no network: what the origin says is what the record of changes shows. */
export const origin = { address: "127.0.0.1", requestId: "a-test", method: "test" };

export const admin: Caller = { kind: "admin", origin };

/** A company with what its keys would say of their holders. */
export interface TestTenant {
  companyId: string;
  workspaceId: string;
  projectId: string;
  company: Caller;
  workspace: Caller;
}

export type Management = Awaited<ReturnType<typeof startManagement>>;

/** The management services over a database of their own. */
export async function startManagement(
  options: {
    endpointsPerWorkspace?: number;
    /** The rules of development unless told. */
    outgoing?: OutgoingRules;
    own?: { url: string; drop(): Promise<void> };
  } = {},
) {
  const { url, drop } = options.own ?? (await createDatabase());
  const database = openDatabase(url, { poolSize: 5, preparedPoolSize: 1 });
  const record = new Record(url);
  const paging = new Paging("a secret");
  const hash = new KeyHash("a pepper");
  const encryptionKey = randomBytes(32).toString("hex");
  const keyring = new Keyring(encryptionKey);
  const box = new EnvelopeBox({ current: new LocalKeys(() => keyring) });
  const errors: string[] = [];
  const onError = (message: string, error: unknown) => void errors.push(`${message}: ${String(error)}`);
  const tenants = new TenantService({
    record: new PostgresTenantRecord(database),
    hash,
    paging,
    regions: ["us", "eu"],
  });
  const endpoints = new EndpointService({
    record: new PostgresEndpointRecord(database, box),
    paging,
    outgoing: options.outgoing ?? new OutgoingRules({ development: true, deny: [] }),
    perWorkspace: options.endpointsPerWorkspace ?? 500,
    onError,
  });
  const republished: DeliveryMessage[] = [];
  const history = new HistoryService({
    record: new PostgresHistoryRecord(database),
    paging,
    republisher: { republish: (message) => void republished.push(message) },
  });
  return {
    url,
    encryptionKey,
    /** What went wrong without a caller being told. */
    errors,
    database,
    record,
    paging,
    tenants,
    endpoints,
    history,
    audit: new AuditService({ record: new PostgresAuditRecord(database), paging }),
    republished,
    endpointReader: new PostgresEndpointReader(database, box),
    /** `now`: ms since the epoch, by another clock. */
    newAuthenticator: (now: () => number = Date.now) =>
      new KeyAuthenticator({
        record: new PostgresKeyRecord(database),
        hash,
        adminKey: "the operator's",
        limits: { CHANGE: 10, READ: 600 },
        onError,
        now,
      }),
    async [Symbol.asyncDispose](): Promise<void> {
      await database.close();
      await record[Symbol.asyncDispose]();
      await drop();
    },
  };
}

export async function addTenant(
  { tenants }: Pick<Management, "tenants">,
  planTier: PlanTier = "GROWTH",
): Promise<TestTenant> {
  const company = await tenants.createCompany(admin, { name: "A company", planTier });
  const companyId = formatId("company", company.id);
  const workspace = await tenants.createWorkspace(admin, { companyId, name: "A workspace", region: "us" });
  const workspaceId = formatId("workspace", workspace.id);
  const project = await tenants.createProject(admin, { workspaceId, name: "A project" });
  const keyId: Uuid = company.id;
  return {
    companyId,
    workspaceId,
    projectId: formatId("project", project.id),
    company: { kind: "company", keyId, companyId: company.id, origin },
    workspace: { kind: "workspace", keyId, companyId: company.id, workspaceId: workspace.id, origin },
  };
}

/** An endpoint for deliveries. Answers its id as it is stored and as it is shown, and its secret. */
export async function addEndpoint(
  { endpoints }: Pick<Management, "endpoints">,
  tenant: TestTenant,
  more: Partial<CreateEndpointInput> = {},
) {
  const { endpoint, secret } = await endpoints.create(tenant.company, {
    workspaceId: tenant.workspaceId,
    projectId: "",
    url: "http://localhost:3001",
    events: ["*"],
    description: "",
    maxInFlight: 0,
    secret: "",
    ...more,
  });
  return { endpoint, id: endpoint.id, webhookId: formatId("endpoint", endpoint.id), secret };
}

/** The endpoints version of a tenant's workspace. */
export async function endpointsVersion({ record }: Pick<Management, "record">, { workspace }: TestTenant) {
  const id = workspace.kind === "workspace" ? workspace.workspaceId : "";
  const rows = await record.query<{ v: string }>("select endpoints_version as v from workspaces where id = $1", [id]);
  return Number(rows[0]?.v);
}
