import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, it, jest } from "@jest/globals";
import { client } from "../harness/client.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { type System, startSystem } from "../harness/system.ts";
import { until } from "../harness/wait.ts";

jest.setTimeout(60_000);

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
}

/** The spans that a collector was sent, as OTLP/JSON has them. */
function spansOf({ requests }: Receiver): Span[] {
  return requests
    .filter(({ path }) => path === "/v1/traces")
    .flatMap(
      ({ body }) =>
        (JSON.parse(body.toString()) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }).resourceSpans,
    )
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans);
}

describe("tracing", () => {
  let system: System | undefined;
  const receivers: Receiver[] = [];
  afterAll(async () => {
    await system?.stop();
    await Promise.all(receivers.map((receiver) => receiver.close()));
  });

  it("shows one trace from the publisher's call to the delivery, when a collector is configured", async () => {
    const collector = await startReceiver();
    const receiver = await startReceiver();
    receivers.push(collector, receiver);
    system = await startSystem({
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_BSP_SCHEDULE_DELAY: "100",
      },
    });
    const tenant = await system.tenant();
    const http = system.apis[0]?.http ?? "";
    const webhooks = `/v1/workspaces/${tenant.workspaceId}/webhooks`;
    await client(http, tenant.companyKey).post(webhooks, { url: receiver.url, events: ["*"] });

    const traceId = randomBytes(16).toString("hex");
    const callersSpan = randomBytes(8).toString("hex");
    const event = { eventType: "invoice.paid", data: { invoice: 1 } };
    await client(http, tenant.workspaceKey).post("/v1/events", event, {
      traceparent: `00-${traceId}-${callersSpan}-01`,
    });
    await until(() => receiver.requests.length === 1, { what: "the webhook" });

    const find = (name: string) => spansOf(collector).find((span) => span.traceId === traceId && span.name === name);
    const publish = await until(() => find("publish"), { what: "the publication's span" });
    const deliver = await until(() => find("deliver"), { what: "the delivery's span" });
    expect(publish.parentSpanId).toBe(callersSpan);
    expect(deliver.parentSpanId).toBe(publish.spanId);
  });
});
