import { setTimeout as sleep } from "node:timers/promises";
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import type { ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { RetryInfoSchema } from "../../../internal/rpc/gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../../internal/rpc/gen/google/rpc/status_pb.js";
import { type Answer, client } from "../../harness/client.ts";
import { grpcClients } from "../../harness/grpc-clients.ts";
import { type System, startSystem } from "../../harness/system.ts";
import type { Tenant } from "../../harness/tenant.ts";
import { until } from "../../harness/wait.ts";

let system: System;
let tenant: Tenant;
beforeAll(async () => {
  system = await startSystem({ apis: 3, deliveries: 0, ownPostgres: true });
  tenant = await system.tenant();
});
afterAll(() => system?.stop());

const endpoints = () => `/v1/workspaces/${tenant.workspaceId}/webhooks`;
const fields = { url: "http://localhost:3001", events: ["*"] };

/** A company key as the operator makes it. */
async function newKey(limits: object = {}): Promise<string> {
  const admin = client(system.apis[0]?.http ?? "", system.adminKey);
  const made = await admin.post<{ key: string }>(`/v1/companies/${tenant.companyId}/keys`, { name: "a", ...limits });
  return made.body.key;
}

/** The same key on each process. */
const everywhere = (key: string) => system.apis.map(({ http }) => client(http, key));

function limited(answers: Answer[]): Answer[] {
  return answers.filter(({ status, text }) => status === 429 && text.includes("RATE_LIMITED"));
}

describe("a key's limit on management operations", () => {
  it("lets exactly ten of thirty calls at once through three processes, and the next after the time it tells", async () => {
    const key = await newKey();
    const clients = everywhere(key);
    const startedAt = performance.now();
    const answers = await Promise.all(
      clients.flatMap((company) => Array.from({ length: 10 }, () => company.post(endpoints(), fields))),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    const refused = limited(answers);
    expect(refused).toHaveLength(20);
    for (const { headers, text } of refused) {
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(61);
      expect(text).toMatch(/may make 10 changes a minute .*another limit \(operations_per_minute of CreateApiKey\)/);
    }
    // Whoever keeps asking is refused, and does not wait any longer for it.
    const again = await Promise.all(clients.map((company) => company.post(endpoints(), fields)));
    expect(limited(again)).toHaveLength(3);
    // Reads have a limit of their own.
    expect((await clients[0]?.get(endpoints()))?.status).toBe(200);

    const first = grpcClients(system.apis[0]?.grpc ?? "", key);
    const error = await first.endpoints
      .createWebhookEndpoint({ workspaceId: tenant.workspaceId, ...fields })
      .catch((thrown: unknown) => thrown as ServiceError);
    const bytes = (error as ServiceError).metadata.get("grpc-status-details-bin")[0] as Buffer;
    const delay = fromBinary(StatusSchema, bytes)
      .details.map((detail) => anyUnpack(detail, RetryInfoSchema)?.retryDelay)
      .find((one) => one !== undefined);
    first.close();
    const waitMs = Number(delay?.seconds) * 1000 + (delay?.nanos ?? 0) / 1e6;
    expect(waitMs).toBeGreaterThan(0);
    await sleep(waitMs);
    expect((await clients[0]?.post(endpoints(), fields))?.status).toBe(200);
    // Not before a minute was over since the first.
    expect(performance.now() - startedAt).toBeGreaterThan(60_000);
  });

  it("is another one where the operator made the key so", async () => {
    const [more, fewer] = [await newKey({ operationsPerMinute: 25 }), await newKey({ operationsPerMinute: 2 })];
    for (const [key, passes] of [
      [more, 25],
      [fewer, 2],
    ] as const) {
      const calls = everywhere(key).flatMap((company) =>
        Array.from({ length: 10 }, () => company.post(endpoints(), fields)),
      );
      expect((await Promise.all(calls)).filter(({ status }) => status === 200)).toHaveLength(passes);
    }
  });

  it("counts what other rules refuse", async () => {
    const key = await newKey({ operationsPerMinute: 4 });
    const [company] = everywhere(key);
    expect((await company?.post(endpoints(), { url: "nonsense", events: ["*"] }))?.status).toBe(400);
    expect((await company?.post("/v1/webhooks/whe_none/disable"))?.status).toBe(404);
    expect((await company?.post("/v1/companies", { name: "x", planTier: "GROWTH" }))?.status).toBe(403);
    expect((await company?.post(endpoints(), "{"))?.status).toBe(400);
    expect((await company?.post(endpoints(), fields))?.status).toBe(429);
  });

  it("has one of its own for reads", async () => {
    const key = await newKey({ readsPerMinute: 3 });
    const [one, two] = everywhere(key);
    for (const company of [one, two, one]) expect((await company?.get(endpoints()))?.status).toBe(200);
    const refused = await two?.get(endpoints());
    expect(refused).toMatchObject({ status: 429, text: expect.stringContaining("may make 3 reads a minute") });
    expect((await two?.post(endpoints(), fields))?.status).toBe(200);
  });

  it("does not bind publishing, nor the operator", async () => {
    const admin = client(system.apis[0]?.http ?? "", system.adminKey);
    const path = `/v1/companies/${tenant.companyId}/keys`;
    const limits = { operationsPerMinute: 1, readsPerMinute: 1 };
    const made = await admin.post<{ key: string }>(path, { name: "p", workspaceId: tenant.workspaceId, ...limits });
    const publisher = client(system.apis[0]?.http ?? "", made.body.key);
    const publications = Array.from({ length: 20 }, () => publisher.post("/v1/events", { eventType: "a", data: 1 }));
    for (const { status } of await Promise.all(publications)) expect(status).toBe(200);
    const projects = Array.from({ length: 20 }, () =>
      admin.post(`/v1/workspaces/${tenant.workspaceId}/projects`, { name: "x" }),
    );
    for (const { status } of await Promise.all(projects)) expect(status).toBe(200);
  });

  it("lets nobody through while Postgres is away, and says so", async () => {
    const key = await newKey();
    const [company] = everywhere(key);
    expect((await company?.get(endpoints()))?.status).toBe(200);
    await system.postgres?.kill();
    try {
      // The server processes of one that was killed outlive it by a moment, in which they still answer.
      const answer = await until(
        async () => {
          const one = await company?.post(endpoints(), fields);
          return one?.status === 200 ? undefined : one;
        },
        { what: "a refusal" },
      );
      expect(answer).toMatchObject({ status: 503, text: expect.stringContaining("RECORD_UNAVAILABLE") });
    } finally {
      await system.postgres?.start();
    }
    await until(async () => (await company?.post(endpoints(), fields))?.status === 200, {
      what: "Postgres to be back",
    });
  });
});
