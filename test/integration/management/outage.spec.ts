import { describe, expect, it, jest } from "@jest/globals";
import { createOwnDatabase } from "../../harness/own-database.ts";
import { until } from "../../harness/wait.ts";
import { addEndpoint, addTenant, admin, startManagement } from "./fixture.ts";

const page = { pageSize: 0, pageToken: "" };

describe("while Postgres is away", () => {
  it("every call answers UNAVAILABLE and when to try again; afterwards it works without a restart", async () => {
    const own = await createOwnDatabase();
    await using management = await startManagement({ own });
    const { tenants, endpoints, history } = management;
    const tenant = await addTenant(management);
    const { webhookId } = await addEndpoint(management, tenant);
    const { key } = await tenants.createApiKey(admin, { ...tenant, workspaceId: "", name: "", expiresAt: null });
    const calls: (() => Promise<unknown>)[] = [
      () => tenants.createCompany(admin, { name: "x", planTier: "FREE" }),
      () => tenants.listCompanies(admin, page),
      () => endpoints.get(tenant.company, webhookId),
      () => endpoints.disable(tenant.company, webhookId),
      () => addEndpoint(management, tenant),
      () =>
        history.listDeliveries(tenant.company, {
          ...page,
          webhookId,
          statuses: [],
          createdAfter: undefined,
          createdBefore: undefined,
        }),
      // A new one each time: it believes a key that it has read.
      () => management.newAuthenticator().authenticate(key),
    ];
    // The server processes of one that was killed outlive it by a moment, in which they still answer.
    const refusal = (call: () => Promise<unknown>) =>
      until(
        () =>
          call().then(
            () => undefined,
            (reason: unknown) => reason,
          ),
        { what: "the call to be refused" },
      );
    // Sequelize says on the console that it throws away a connection on which it could not roll back.
    jest.spyOn(console, "warn").mockImplementation(() => {});
    await own.server.kill();
    for (const error of await Promise.all(calls.map(refusal))) {
      expect(error).toMatchObject({
        status: "UNAVAILABLE",
        reason: "RECORD_UNAVAILABLE",
        details: { retryAfterMs: 1000 },
      });
    }
    await own.server.start();
    for (const result of await Promise.allSettled(calls.map((call) => call()))) {
      expect(result).toMatchObject({ status: "fulfilled" });
    }
  });
});
