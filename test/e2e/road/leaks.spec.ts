import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { connect } from "nats";
import { newKeyPair } from "../../../internal/signing/ed25519.ts";
import { newSecret } from "../../../internal/signing/secret.ts";
import type { Answer } from "../../harness/client.ts";
import { client } from "../../harness/client.ts";
import { grpcClients } from "../../harness/grpc-clients.ts";
import { startReceiver } from "../../harness/receiver.ts";
import type { Record } from "../../harness/record.ts";
import { Road } from "../../harness/road.ts";
import { until } from "../../harness/wait.ts";

/** What must not be found anywhere, as it is written and as the bytes that it stands for. */
class Hidden {
  readonly #texts = new Map<string, string>();

  add(name: string, secret: string): string {
    this.#texts.set(name, secret);
    const encoded = /^wh(sec|sk)_(.+)$/.exec(secret)?.[2];
    if (encoded === undefined) return secret;
    this.#texts.set(`${name} without its prefix`, encoded);
    this.#texts.set(`${name} in hex`, Buffer.from(encoded, "base64").toString("hex"));
    return secret;
  }

  /** Names of what stands in a text. */
  foundIn(text: string): string[] {
    return [...this.#texts].flatMap(([name, secret]) => (text.includes(secret) ? [name] : []));
  }
}

/** ASCII stays ASCII, whatever stands around it. */
const decoded = (hex: string) => Buffer.from(hex, "hex").toString("latin1");

/** Every row of every table, as Postgres writes it. */
async function allRows(record: Record): Promise<string> {
  const tables = await record.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c
     where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => record.query<{ row: string }>(`select t::text as row from ${name} t`)),
  );
  return rows
    .flat()
    .map(({ row }) => row)
    .join("\n");
}

/** Messages with their headers, of the stream that keeps them. */
async function deadLetters(url: string): Promise<string> {
  const connection = await connect({ servers: url });
  try {
    const { streams } = await connection.jetstreamManager();
    const { state } = await streams.info("DEAD_us");
    const texts: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const { header, data } = await streams.getMessage("DEAD_us", { seq });
      texts.push(`${String(header)} ${Buffer.from(data).toString("latin1")}`);
    }
    return texts.join("\n");
  } finally {
    await connection.close();
  }
}

describe("secrets, keys and header values", () => {
  it("are in no log, metric, trace, audit entry, stored row, message or error after a full run", async () => {
    const hidden = new Hidden();
    const collector = await startReceiver();
    const encryptionKey = hidden.add("the encryption key", randomBytes(32).toString("hex"));
    const pepper = hidden.add("the pepper", randomBytes(32).toString("hex"));
    await using road = await Road.start({
      schedule: "0s,1s,1s",
      env: {
        LOG_LEVEL: "trace",
        WEBHOOK_SECRET_ENCRYPTION_KEY: encryptionKey,
        SEALPOST_KEY_PEPPER: pepper,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_BSP_SCHEDULE_DELAY: "100",
        OTEL_TRACES_SAMPLER: "always_on",
        MANAGEMENT_OPERATIONS_PER_MINUTE: "1000",
      },
      answer: ({ path }, response) => void response.writeHead(path === "/fails" ? 500 : 200).end(),
    });
    const { system, tenant, company, receiver, record } = road;
    const [api, delivery] = [system.apis[0], system.deliveries[0]];
    hidden.add("the admin key", system.adminKey);
    hidden.add("the company key", tenant.companyKey);
    hidden.add("the workspace key", tenant.workspaceKey);

    const errors: string[] = [];
    const refused = (answer: Answer) => {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      errors.push(answer.text, JSON.stringify([...answer.headers]));
    };
    const webhooks = `/v1/workspaces/${tenant.workspaceId}/webhooks`;
    const bearer = hidden.add("a header's value", `Bearer ${randomBytes(12).toString("hex")}`);

    // What goes well: created with headers, rotated, changed over to ed25519, delivered, failing, tried again.
    const made = await road.endpoint({
      secret: hidden.add("the caller's secret", newSecret()),
      headers: { authorization: bearer },
    });
    const failing = await road.endpoint({ url: `${receiver.url}/fails`, headers: { "x-token": bearer } });
    const away = await road.endpoint({ url: "http://127.0.0.1:1/away", headers: { "x-token": bearer } });
    for (const { secret } of [failing, away]) hidden.add("a secret that was made", secret);
    const rotate = `/v1/webhooks/${made.id}/rotate-secret`;
    const rotated = await company.post<{ secret: string }>(rotate, {});
    hidden.add("a rotated secret", rotated.body.secret);
    await company.post(rotate, { secret: hidden.add("a key pair", newKeyPair()), overlap: "3600s" });
    const another = hidden.add("another header's value", randomBytes(12).toString("hex"));
    await company.patch(`/v1/webhooks/${made.id}`, { headers: { authorization: "", "x-another": another } });

    // What does not: each with something to hide in the request.
    const bad = hidden.add("a bad secret", `whsec_${randomBytes(12).toString("base64")}`);
    const badValue = hidden.add("a bad header value", `${randomBytes(12).toString("hex")}ü`);
    const url = `${receiver.url}/hook`;
    refused(await company.post(webhooks, { url, events: ["*"], secret: bad }));
    refused(await company.post(webhooks, { url, events: ["*"], headers: { "x-a": badValue } }));
    refused(await company.post(webhooks, { url, events: ["*"], headers: { host: bearer } }));
    refused(await company.post(webhooks, { url, events: ["*"], headers: { "x-a": [bearer] } }));
    refused(await company.post(webhooks, `{"url":"${url}","secret":"${bad}","headers":{"a":"${bearer}",}}`));
    refused(await company.post(rotate, { secret: bad }));
    refused(await company.patch(`/v1/webhooks/${made.id}`, { headers: { "x-a": badValue } }));
    const foreign = hidden.add("a key that nobody has", `${tenant.companyKey.slice(0, -4)}AAAA`);
    refused(await client(api?.http ?? "", foreign).get(`/v1/webhooks/${made.id}`));
    refused(await client(api?.http ?? "", tenant.workspaceKey).post(rotate, { secret: bad }));
    const grpc = grpcClients(api?.grpc ?? "", tenant.companyKey);
    for (const call of [
      () => grpc.endpoints.rotateWebhookEndpointSecret({ webhookId: made.id, secret: bad }),
      () => grpc.endpoints.updateWebhookEndpoint({ webhookId: made.id, headers: { "x-a": badValue } }),
      () => grpc.endpoints.createWebhookEndpoint({ workspaceId: tenant.workspaceId, url, events: ["*"], secret: bad }),
    ]) {
      const error = (await call().catch((thrown: unknown) => thrown)) as { details: string; metadata: unknown };
      errors.push(error.details, JSON.stringify(error.metadata));
    }
    grpc.close();

    for (let i = 0; i < 3; i++) await road.publish();
    const ended = async () => {
      const states = await record.states();
      return states["SUCCEEDED"] === 3 && states["FAILED"] === 6;
    };
    await until(ended, { what: "deliveries to succeed and to fail for good" });
    expect(receiver.requests.some(({ headers }) => headers["x-another"] === another)).toBe(true);

    // A secret that cannot be opened, and a database that fails in the middle of a call.
    await record.query("update webhook_endpoint_secrets set sealed = '\\x0200' where not_after is null");
    await company.post(`/v1/webhooks/${made.id}/disable`);
    await company.post(`/v1/webhooks/${made.id}/enable`);
    await road.publish();
    await until(() => delivery?.output().some((line) => line.includes("cannot be opened")), { what: "the complaint" });
    await record.query("alter table webhook_endpoint_secrets rename to elsewhere");
    refused(await company.post(webhooks, { url, events: ["*"], secret: newSecretOf(hidden), headers: { a: bearer } }));
    refused(await company.post(rotate, { secret: newSecretOf(hidden) }));
    await record.query("alter table elsewhere rename to webhook_endpoint_secrets");

    const places: [string, string][] = [["error answers", errors.join("\n")]];
    for (const process of [api, delivery]) {
      const metrics = await (await fetch(`${process?.metrics}/metrics`)).text();
      places.push(
        [`metrics of ${process?.name}`, metrics],
        [`log of ${process?.name}`, process?.output().join("\n") ?? ""],
      );
    }
    await until(() => collector.requests.length > 1, { what: "spans" });
    places.push(["traces", collector.requests.map(({ body }) => String(body)).join("\n")]);
    const rows = await allRows(road.record);
    places.push(
      ["the record", rows],
      ["the record's bytes", rows.replace(/\\x([0-9a-f]+)/g, (_, hex) => decoded(hex))],
    );
    places.push(["dead letters", await deadLetters(system.nats["us"]?.url ?? "")]);
    await collector.close();

    // What was looked for would be there: each place holds something of this run.
    const text = (name: string) => places.find(([place]) => place === name)?.[1] ?? "";
    expect(text("error answers")).toContain("INVALID_REQUEST");
    expect(text("metrics of api 1")).toContain("RotateWebhookEndpointSecret");
    expect(text("log of api 1")).toContain("a call failed unexpectedly");
    expect(text("log of delivery 1")).toContain("cannot be opened");
    expect(text("traces")).toContain("deliver");
    expect(text("the record")).toContain("signing_keys");
    expect(text("the record's bytes")).toContain("local:");
    expect(text("dead letters")).toContain("test.event");
    const leaks = places.flatMap(([place, text]) => hidden.foundIn(text).map((name) => `${name} in ${place}`));
    expect(leaks).toEqual([]);
  });
});

function newSecretOf(hidden: Hidden): string {
  return hidden.add("a secret of a call that failed", newSecret());
}
