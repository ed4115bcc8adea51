import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { newUuid } from "../../../internal/domain/ids.ts";
import { announce, type ChangeKind } from "../../../internal/store/changes/announce.ts";
import { ChangeListener } from "../../../internal/store/changes/listener.ts";
import { until } from "../../harness/wait.ts";
import { openStore, type Store } from "./fixture.ts";

let store: Store;
let listener: ChangeListener;
let heard: string[];
let live: boolean[];

beforeEach(async () => {
  store = await openStore();
  [heard, live] = [[], []];
  listener = new ChangeListener(store.url, {
    onChange: (kind, id) => heard.push(`${kind}:${id}`),
    onLive: (now) => live.push(now),
  });
  listener.start();
  await until(() => live.at(-1), { what: "the listener to listen" });
});
afterEach(async () => {
  await listener.stop();
  await store[Symbol.asyncDispose]();
});

function change(changes: [ChangeKind, string][], fail = false): Promise<void> {
  const { sequelize } = store.database;
  return sequelize.transaction(async (transaction) => {
    await announce(sequelize, transaction, changes);
    if (fail) throw new Error("rolled back");
  });
}

describe("a change in another process", () => {
  it("is heard when its transaction commits, and not when it does not", async () => {
    const [endpoint, workspace, refused] = [newUuid(), newUuid(), newUuid()];
    await expect(change([["endpoint", refused]], true)).rejects.toThrow("rolled back");
    await change([
      ["endpoint", endpoint],
      ["workspace", workspace],
    ]);
    await until(() => heard.length === 2, { what: "two changes" });
    expect(heard).toEqual([`endpoint:${endpoint}`, `workspace:${workspace}`]);
  });

  it("is heard again after the connection broke; meanwhile the listener says that it is deaf", async () => {
    await store.record.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'sealpost changes' and datname = current_database()`,
    );
    await until(() => live.length === 3, { what: "the listener to be back" });
    expect(live).toEqual([true, false, true]);
    const id = newUuid();
    await change([["apikey", id]]);
    await until(() => heard.length > 0, { what: "a change" });
    expect(heard).toEqual([`apikey:${id}`]);
  });
});
