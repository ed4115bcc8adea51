import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { DomainError } from "../../../internal/domain/errors.ts";
import { PostgresSweepRecord } from "../../../internal/store/sweep/record.ts";
import { createOwnDatabase } from "../../harness/own-database.ts";
import type { PostgresServer } from "../../harness/postgres.ts";
import { until } from "../../harness/wait.ts";
import { Store, settleRow } from "./fixture.ts";

let server: PostgresServer;
let store: Store;
beforeEach(async () => {
  const own = await createOwnDatabase();
  server = own.server;
  store = new Store(own.url, own.drop);
  store.workspaceId = await store.createWorkspace();
  store.endpointId = await store.createEndpoint();
});
afterEach(() => store[Symbol.asyncDispose]());

describe("while Postgres is away", () => {
  it("every write is refused as UNAVAILABLE and says what to do; it recovers without a restart", async () => {
    const id = await store.acceptedOne();
    await server.kill();
    for (const write of [
      () => store.events.accept([store.row()]),
      () => store.deliveries.settle([settleRow({ id, endpointId: store.endpointId })]),
      () => new PostgresSweepRecord(store.database).takeDue("us", "DELIVERIES_us", 10),
    ]) {
      // Its server processes outlive the killed one by a moment, in which they still answer.
      const error = await until(
        () =>
          write().then(
            () => undefined,
            (reason: unknown) => reason,
          ),
        { what: "the write to be refused" },
      );
      expect(error).toBeInstanceOf(DomainError);
      expect(error).toMatchObject({
        status: "UNAVAILABLE",
        reason: "RECORD_UNAVAILABLE",
        message: expect.stringContaining("publish again with the same idempotency key"),
        details: { retryAfterMs: 1000 },
      });
    }
    await server.start();
    expect(await store.events.accept([store.row()])).toEqual([{ kind: "accepted" }]);
    expect(await store.deliveries.settle([settleRow({ id, endpointId: store.endpointId })])).toMatchObject([
      { kind: "settled" },
    ]);
  });

  it("a batch that was under way is stored whole or not at all", async () => {
    const rows = Array.from({ length: 400 }, () => store.row({ content: "x".repeat(4096) }));
    let answered = 0;
    const writing = (async () => {
      for (let i = 0; i < rows.length; i += 20) {
        await store.events.accept(rows.slice(i, i + 20));
        answered = i + 20;
      }
    })().catch(() => {});
    await until(() => answered > 0, { what: "the first batch" });
    await server.kill();
    await writing;
    await server.start();
    const [{ events, jobs } = { events: 0, jobs: 0 }] = await store.record.query<{ events: number; jobs: number }>(
      "select (select count(*)::int from webhook_events) as events, (select count(*)::int from webhook_jobs) as jobs",
    );
    expect(jobs).toBe(events);
    expect(events % 20).toBe(0);
    expect(events).toBeGreaterThanOrEqual(answered);
  });

  it("the sweeper gives up its turn, and takes it again later", async () => {
    const sweep = new PostgresSweepRecord(store.database);
    let working = false;
    const swept = sweep.whileSweeper("us", (signal) => {
      working = true;
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    });
    await until(() => working, { what: "the sweeper" });
    await server.kill();
    await swept;
    await server.start();
    expect(await sweep.whileSweeper("us", async () => {})).toBe(true);
  });
});
