import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Caller } from "../../../internal/domain/caller.ts";
import { DomainError } from "../../../internal/domain/errors.ts";
import { formatId, newUuid } from "../../../internal/domain/ids.ts";
import { addEndpoint, addTenant, admin, type Management, startManagement, type TestTenant } from "./fixture.ts";
import { addJobs } from "./jobs.ts";

let management: Management;
let own: TestTenant;
let foreign: TestTenant;
let foreignIds: Ids;
beforeAll(async () => {
  management = await startManagement();
  own = await addTenant(management);
  foreign = await addTenant(management);
  const { id, webhookId } = await addEndpoint(management, foreign);
  const [job] = await addJobs(management.record, id, ["FAILED"]);
  foreignIds = {
    workspaceId: foreign.workspaceId,
    projectId: foreign.projectId,
    webhookId,
    deliveryId: formatId("delivery", job?.id ?? ""),
  };
});
afterAll(() => management[Symbol.asyncDispose]());

interface Ids {
  workspaceId: string;
  projectId: string;
  webhookId: string;
  deliveryId: string;
}

const page = { pageSize: 0, pageToken: "" };
const fields = { url: "https://example.com", events: ["*"], description: "", maxInFlight: 0, secret: "" };
const change = { updateMask: [], url: undefined, events: [], description: "mine", maxInFlight: undefined, etag: "" };
const all = { statuses: [], createdAfter: undefined, createdBefore: undefined };

/** Every method of a company, with whose ids it is called. `own` is the caller's, for what is not asked about. */
const methods: Record<string, (caller: Caller, ids: Ids) => Promise<unknown>> = {
  create: (caller, { workspaceId }) => management.endpoints.create(caller, { ...fields, workspaceId, projectId: "" }),
  "create in a project": (caller, { projectId }) =>
    management.endpoints.create(caller, { ...fields, workspaceId: own.workspaceId, projectId }),
  get: (caller, { webhookId }) => management.endpoints.get(caller, webhookId),
  list: (caller, { workspaceId }) => management.endpoints.list(caller, { ...page, workspaceId, projectId: "" }),
  "list of a project": (caller, { projectId }) =>
    management.endpoints.list(caller, { ...page, workspaceId: own.workspaceId, projectId }),
  update: (caller, { webhookId }) => management.endpoints.update(caller, { ...change, webhookId }),
  enable: (caller, { webhookId }) => management.endpoints.enable(caller, webhookId),
  disable: (caller, { webhookId }) => management.endpoints.disable(caller, webhookId),
  delete: (caller, { webhookId }) => management.endpoints.delete(caller, webhookId),
  listDeliveries: (caller, { webhookId }) => management.history.listDeliveries(caller, { ...page, ...all, webhookId }),
  getDelivery: (caller, { deliveryId }) => management.history.getDelivery(caller, deliveryId),
  retryDelivery: (caller, { deliveryId }) => management.history.retryDelivery(caller, deliveryId),
};

const randomIds = (): Ids => ({
  workspaceId: formatId("workspace", newUuid()),
  projectId: formatId("project", newUuid()),
  webhookId: formatId("endpoint", newUuid()),
  deliveryId: formatId("delivery", newUuid()),
});

const unreadableIds: Ids = { workspaceId: "wsp_", projectId: "x", webhookId: "", deliveryId: "null" };

async function answer(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DomainError)) throw new Error("expected a refusal", { cause: error });
  const { status, reason, message, details } = error;
  // Whose id it was is the one thing that may differ.
  return { status, reason, message: message.replace(details.resource?.name || "(empty id)", "<id>") };
}

describe.each(Object.entries(methods))("%s", (_name, method) => {
  it("answers the same NOT_FOUND for what is another company's, what is absent and what is no id", async () => {
    const before = await management.record.query("select * from webhook_endpoints order by id");
    const ofForeign = await answer(method(own.company, foreignIds));
    expect(ofForeign).toMatchObject({ status: "NOT_FOUND", message: expect.stringContaining("<id>") });
    expect(await answer(method(own.company, randomIds()))).toEqual(ofForeign);
    expect(await answer(method(own.company, unreadableIds))).toEqual(ofForeign);
    expect(await management.record.query("select * from webhook_endpoints order by id")).toEqual(before);
  });

  it("is for company keys: not for a workspace key of the same company, not for the operator", async () => {
    for (const caller of [own.workspace, foreign.workspace, admin]) {
      expect(await answer(method(caller, foreignIds))).toMatchObject({
        status: "PERMISSION_DENIED",
        reason: "WRONG_KEY_KIND",
        message: expect.stringContaining("with a company key"),
      });
    }
  });
});
