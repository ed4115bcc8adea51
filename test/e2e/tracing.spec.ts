import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { client } from "../harness/client.ts";
import { grpcClients } from "../harness/grpc-clients.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { type System, startSystem } from "../harness/system.ts";
import type { Tenant } from "../harness/tenant.ts";
import { until } from "../harness/wait.ts";

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string };
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: Attribute[];
  links: { traceId: string; spanId: string }[];
}
type Span = Omit<OtlpSpan, "attributes"> & { attributes: Record<string, string | number | undefined> };

/** The spans of a trace that a collector was sent, as OTLP/JSON has them. */
function spansOf({ requests }: Receiver, traceId: string): Span[] {
  return requests
    .filter(({ path }) => path === "/v1/traces")
    .flatMap(
      ({ body }) =>
        (JSON.parse(body.toString()) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] }).resourceSpans,
    )
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)
    .filter((span) => span.traceId === traceId)
    .map((span) => ({
      ...span,
      links: span.links ?? [],
      attributes: Object.fromEntries(
        span.attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
      ),
    }));
}

/** A publisher's own trace. */
function newTrace(flags = "01") {
  const [traceId, spanId] = [randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

describe("tracing, when a collector is configured", () => {
  let system: System;
  let collector: Receiver;
  let receiver: Receiver;
  let tenant: Tenant;
  let http: string;

  beforeAll(async () => {
    collector = await startReceiver();
    // The first delivery to /once-broken fails.
    let broken = true;
    receiver = await startReceiver(({ path }, response) => {
      const fails = path === "/once-broken" && broken;
      if (fails) broken = false;
      response.writeHead(fails ? 503 : 200).end();
    });
    system = await startSystem({
      schedule: "0s,1s",
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_BSP_SCHEDULE_DELAY: "100",
        DELIVERY_TRACE_CONTEXT: "true",
      },
    });
    tenant = await system.tenant();
    http = system.apis[0]?.http ?? "";
    for (const [path, events] of Object.entries({ "/warm": ["warm"], "/ok": ["ok"], "/once-broken": ["retried"] })) {
      const body = { url: receiver.url + path, events };
      await client(http, tenant.companyKey).post(`/v1/workspaces/${tenant.workspaceId}/webhooks`, body);
    }
    // A delivery that met a broker without streams goes through Postgres, which keeps no trace context.
    await publish("warm", newTrace("00").traceparent);
    await until(() => received("/warm").length === 1, { what: "the first webhook" });
  });
  afterAll(async () => {
    await system?.stop();
    await Promise.all([collector?.close(), receiver?.close()]);
  });

  const received = (path: string) => receiver.requests.filter((request) => request.path === path);
  const publish = (eventType: string, traceparent: string) =>
    client(http, tenant.workspaceKey).post("/v1/events", { eventType, data: {} }, { traceparent });
  async function whole(traceId: string, spans: number): Promise<Span[]> {
    const all = () => spansOf(collector, traceId);
    await until(() => all().length >= spans, { what: `${spans} spans` }).catch((error: Error) => {
      throw new Error(
        `${error.message}; there are ${all()
          .map(({ name }) => name)
          .join(", ")}`,
      );
    });
    return all();
  }

  it("shows one trace from the publisher's call over the stream to the request and the record", async () => {
    const own = newTrace();
    await publish("ok", own.traceparent);
    const spans = await whole(own.traceId, 4);
    const find = (name: string) => spans.find((span) => span.name === name) as Span;
    const [call, sent, taken] = [find("POST /v1/events"), find("publish DELIVERIES_us"), find("deliver DELIVERIES_us")];
    const request = find("POST");
    expect(call.parentSpanId).toBe(own.spanId);
    expect(call.attributes).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/v1/events",
      "rpc.method": "sealpost.v1.EventService/PublishEvent",
      "rpc.response.status_code": "OK",
    });
    expect(sent.parentSpanId).toBe(call.spanId);
    expect(sent.attributes).toMatchObject({
      "messaging.system": "nats",
      "messaging.destination.name": "DELIVERIES_us",
    });
    expect(taken.parentSpanId).toBe(sent.spanId);
    expect(taken.attributes["sealpost.delivery.id"]).toBe(sent.attributes["sealpost.delivery.id"]);
    expect(request.parentSpanId).toBe(taken.spanId);
    expect(request.attributes).toMatchObject({ "server.address": "127.0.0.1", "http.response.status_code": 200 });

    // With DELIVERY_TRACE_CONTEXT the receiver goes on from there.
    expect(received("/ok")[0]?.headers["traceparent"]).toBe(`00-${own.traceId}-${request.spanId}-01`);
  });

  it("begins under the publisher's call over gRPC too", async () => {
    const own = newTrace();
    const { events, close } = grpcClients(system.apis[0]?.grpc ?? "", tenant.workspaceKey, undefined, {
      traceparent: own.traceparent,
    });
    await events.publishEvent({ eventType: "ok", data: Buffer.from("1") });
    close();
    const spans = await whole(own.traceId, 4);
    const method = "sealpost.v1.EventService/PublishEvent";
    const call = spans.find(({ name }) => name === method);
    expect(call?.parentSpanId).toBe(own.spanId);
    expect(call?.attributes).toMatchObject({
      "rpc.system.name": "grpc",
      "rpc.method": method,
      "rpc.response.status_code": "OK",
    });
  });

  it("keeps a retry in the trace, with a link to what it follows from", async () => {
    const own = newTrace();
    await publish("retried", own.traceparent);
    const spans = await whole(own.traceId, 7);
    const retries = "RETRIES_us_1";
    const find = (name: string) => spans.find((span) => span.name === name) as Span;
    const requests = spans.filter(({ name }) => name === "POST");
    expect(requests.map(({ attributes }) => attributes["http.response.status_code"])).toEqual([503, 200]);
    expect(requests.map(({ attributes }) => attributes["http.request.resend_count"])).toEqual([undefined, 1]);
    expect(requests[0]?.attributes["error.type"]).toBe("HTTP_5XX");
    const [first, planned, second] = [
      find("deliver DELIVERIES_us"),
      find(`publish ${retries}`),
      find(`deliver ${retries}`),
    ];
    expect(planned.parentSpanId).toBe(first.spanId);
    expect(second.parentSpanId).toBe(find("publish DELIVERIES_us").spanId);
    expect(second.links).toMatchObject([{ traceId: own.traceId, spanId: planned.spanId }]);
  });

  it("makes no span of what its publisher did not sample, and still carries its context", async () => {
    const own = newTrace("00");
    const before = received("/ok").length;
    await publish("ok", own.traceparent);
    await until(() => received("/ok").length > before, { what: "the webhook" });
    expect(received("/ok").at(-1)?.headers["traceparent"]).toBe(own.traceparent);
    const after = newTrace();
    await publish("ok", after.traceparent);
    await whole(after.traceId, 4);
    expect(spansOf(collector, own.traceId)).toEqual([]);
  });
});
