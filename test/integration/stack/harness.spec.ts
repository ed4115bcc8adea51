import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { startNats } from "../../harness/nats.ts";
import { createDatabase, startPostgres } from "../../harness/postgres.ts";
import { startReceiver } from "../../harness/receiver.ts";
import { until } from "../../harness/wait.ts";

const stops: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(stops.map((stop) => stop())));

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe("the test servers", () => {
  it("gives every caller a database of its own", async () => {
    const [one, other] = await Promise.all([createDatabase(), createDatabase()]);
    stops.push(one.drop, other.drop);
    await query(one.url, "create table only_here (id int)");
    await expect(query(other.url, "select * from only_here")).rejects.toThrow("does not exist");
  });

  it("keeps what Postgres committed through a kill", async () => {
    const server = await startPostgres();
    stops.push(server.stop);
    await query(server.url, "create table kept (id int); insert into kept values (1)");
    await server.kill();
    expect(server.isRunning()).toBe(false);
    await server.start();
    expect(await query(server.url, "select id from kept")).toEqual([{ id: 1 }]);
  });

  it("brings a broker back on its port, empty after a wipe", async () => {
    const server = await startNats();
    stops.push(server.stop);
    const { port, pid } = server;
    const mark = path.join(server.storeDir, "jetstream", "mark");
    writeFileSync(mark, "");
    await server.kill();
    await server.start();
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
    expect(existsSync(mark)).toBe(true);
    await server.wipe();
    expect(existsSync(mark)).toBe(false);
    await server.start();
  });

  it("records what a receiver is sent", async () => {
    const receiver = await startReceiver(
      (request, response) => void response.writeHead(request.path === "/gone" ? 410 : 200).end(),
    );
    stops.push(receiver.close);
    expect((await fetch(`${receiver.url}/gone`, { method: "POST", body: "hello" })).status).toBe(410);
    const request = await until(() => receiver.requests[0], { what: "the request" });
    expect(request).toMatchObject({ method: "POST", path: "/gone" });
    expect(request.body.toString()).toBe("hello");
  });
});
