import pg from "pg";

/** Collects the change notices of a database. */
export async function listen(url: string): Promise<{ seen: string[] } & AsyncDisposable> {
  const client = new pg.Client({ connectionString: url });
  const seen: string[] = [];
  client.on("notification", ({ payload }) => seen.push(payload ?? ""));
  await client.connect();
  await client.query("listen sealpost_changed");
  return { seen, [Symbol.asyncDispose]: () => client.end() };
}
