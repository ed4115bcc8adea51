import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newUuid } from "../../../internal/domain/ids.ts";
import { type Database, openDatabase } from "../../../internal/store/database.ts";
import { keepRetention } from "../../../internal/store/partitions/retention.ts";
import { PostgresCallWindow } from "../../../internal/store/tenancy/call-window.ts";
import { createDatabase } from "../../harness/postgres.ts";
import { Record } from "../../harness/record.ts";

let databases: Database[];
let record: Record;
let url: string;
let drop: () => Promise<void>;
beforeAll(async () => {
  ({ url, drop } = await createDatabase());
  databases = [1, 2, 3].map(() => openDatabase(url, { poolSize: 5, preparedPoolSize: 1 }));
  record = new Record(url);
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await record[Symbol.asyncDispose]();
  await drop();
});

const windows = () => databases.map((database) => new PostgresCallWindow(database));
const take = (keyId: string, limit: number, calls = 1, window = windows()[0] as PostgresCallWindow) =>
  window.take({ keyId, operation: "CHANGE", limit, calls });

/** Lets time pass: everything that the record knows of this key is so many ms older. */
async function age(keyId: string, ms: number): Promise<void> {
  await record.query(
    `update call_windows
     set times_ms = array(select t - $2::bigint from unnest(times_ms) t), updated_at = updated_at - $2 * interval '1 ms'
     where key_id = $1`,
    [keyId, ms],
  );
}

async function row(keyId: string): Promise<{ times_ms: string[]; counts: number[] }> {
  const [found] = await record.query<{ times_ms: string[]; counts: number[] }>(
    "select times_ms, counts from call_windows where key_id = $1",
    [keyId],
  );
  return found ?? { times_ms: [], counts: [] };
}

describe("the calls of a minute", () => {
  it("are as many as the limit, however many processes ask at once", async () => {
    for (let round = 0; round < 5; round++) {
      const keyId = newUuid();
      const answers = await Promise.all(
        windows().flatMap((window) => Array.from({ length: 10 }, () => take(keyId, 10, 1, window))),
      );
      expect(answers.filter(({ granted }) => granted === 1)).toHaveLength(10);
      for (const { granted, waitMs } of answers) {
        if (granted === 1) expect(waitMs).toBe(0);
        else {
          expect(waitMs).toBeGreaterThan(50_000);
          expect(waitMs).toBeLessThanOrEqual(60_001);
        }
      }
    }
  });

  it("may be asked for together: those that fit pass, the others wait", async () => {
    const keyId = newUuid();
    expect(await take(keyId, 10, 7)).toEqual({ granted: 7, waitMs: 0 });
    expect(await take(keyId, 10, 7)).toMatchObject({ granted: 3, waitMs: expect.any(Number) });
    expect(await take(keyId, 10, 7)).toMatchObject({ granted: 0 });
    expect(await take(newUuid(), 5, 9)).toMatchObject({ granted: 5, waitMs: expect.any(Number) });
  });

  it("are never more than the limit in any minute: no burst at the turn of one", async () => {
    const keyId = newUuid();
    expect(await take(keyId, 10, 5)).toMatchObject({ granted: 5 });
    await age(keyId, 30_000);
    expect(await take(keyId, 10, 9)).toMatchObject({ granted: 5 });
    // The first five are almost a minute old: a busy machine may need the rest of it to ask.
    await age(keyId, 20_000);
    expect(await take(keyId, 10)).toMatchObject({ granted: 0 });
    // The first five are a minute old, the others half a minute.
    await age(keyId, 10_100);
    expect(await take(keyId, 10, 10)).toMatchObject({ granted: 5 });
  });

  it("are told truly when there is room again, and what was refused does not put that off", async () => {
    const keyId = newUuid();
    await take(keyId, 2, 1);
    await age(keyId, 20_000);
    await take(keyId, 2, 1);
    const first = await take(keyId, 2);
    expect(first.waitMs).toBeGreaterThan(35_000);
    expect(first.waitMs).toBeLessThanOrEqual(40_001);
    for (let i = 0; i < 20; i++) expect((await take(keyId, 2)).waitMs).toBeLessThanOrEqual(first.waitMs);
    expect((await row(keyId)).counts).toEqual([1, 1]);
    const { waitMs } = await take(keyId, 2);
    // A second before it there is still none: a busy machine may need that long to ask.
    await age(keyId, waitMs - 1000);
    const almost = await take(keyId, 2);
    if (almost.granted === 0) await age(keyId, almost.waitMs);
    expect(await take(keyId, 2)).toMatchObject({ granted: almost.granted === 0 ? 1 : 0 });
  });

  it("are a small row also where twenty thousand are allowed, and still never more in any minute", async () => {
    const keyId = newUuid();
    const startedAt = performance.now();
    let agedMs = 0;
    for (let second = 1; second <= 90; second++) {
      await take(keyId, 20_000, 250);
      // What the machine needs for that has passed already.
      const ms = Math.max(0, Math.round(second * 1000 - (performance.now() - startedAt) - agedMs));
      await age(keyId, ms);
      agedMs += ms;
    }
    const { times_ms, counts } = await row(keyId);
    expect(times_ms.length).toBeLessThanOrEqual(62);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(20_000);
    const { granted } = await take(keyId, 20_000, 20_000);
    // 60 seconds of 250 are in the window, and at most two more that its rounding still counts.
    expect(granted).toBeLessThanOrEqual(20_000 - 60 * 250 + 250);
    expect(granted).toBeGreaterThanOrEqual(20_000 - 62 * 250);
    await age(keyId, 61_100);
    expect(await take(keyId, 20_000, 20_000)).toMatchObject({ granted: 20_000 });
  });

  it("count a call that the server's clock puts into the future, after it was set back", async () => {
    const keyId = newUuid();
    await take(keyId, 3, 3);
    await age(keyId, -10_000);
    const { granted, waitMs } = await take(keyId, 3);
    expect(granted).toBe(0);
    expect(waitMs).toBeGreaterThan(60_000);
  });

  it("are counted by key and kind, and forgotten once a key is idle", async () => {
    const [keyId, other] = [newUuid(), newUuid()];
    const [window] = windows() as [PostgresCallWindow];
    await take(keyId, 1);
    expect(await window.take({ keyId, operation: "READ", limit: 1, calls: 1 })).toMatchObject({ granted: 1 });
    expect(await take(other, 1)).toMatchObject({ granted: 1 });
    await age(keyId, 180_000);
    await keepRetention(url);
    const kept = await record.query<{ key_id: string }>("select key_id from call_windows where key_id = any($1)", [
      [keyId, other],
    ]);
    expect(kept.map(({ key_id }) => key_id)).toEqual([other]);
  });
});
