import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "@jest/globals";
import { DeliverySchema } from "../rpc/gen/sealpost/v1/delivery_pb.js";
import {
  BatchPublishEventsRequestSchema,
  BatchPublishEventsResponseSchema,
  EventSchema,
} from "../rpc/gen/sealpost/v1/event_pb.js";
import { CompanySchema } from "../rpc/gen/sealpost/v1/tenant_pb.js";
import { messageShape } from "./json-shape.ts";
import { responseWriter } from "./response-body.ts";

describe("responseWriter", () => {
  it("shows zero values, enum zeros by name", () => {
    const write = responseWriter(messageShape(CompanySchema));
    expect(write(create(CompanySchema, { id: "com_1" }))).toBe(
      '{"id":"com_1","name":"","planTier":"FREE","ipAllowlist":[]}',
    );
    expect(responseWriter(messageShape(DeliverySchema))(create(DeliverySchema))).toContain('"status":"PENDING"');
  });

  it("puts free JSON in its place, byte for byte", () => {
    const data = Buffer.from('{ "n" : 12345678901234567890, "n": 1e400 , "é": [ ] }');
    const text = responseWriter(messageShape(EventSchema))(
      create(EventSchema, { id: "evt_1", data: new Uint8Array(data) }),
    );
    expect(text).toContain(`"data":${data.toString()}`);
    expect(text.startsWith('{"id":"evt_1",')).toBe(true);
  });

  it("leaves out free JSON that is absent", () => {
    const text = responseWriter(messageShape(EventSchema))(create(EventSchema));
    expect(JSON.parse(text)).toEqual({ id: "", eventType: "", workspaceId: "", projectId: "", deliveryCount: 0 });
  });

  it("writes nested and repeated messages, oneof members and error details", () => {
    const batch = responseWriter(messageShape(BatchPublishEventsResponseSchema));
    const event = { id: "evt_1", data: new Uint8Array(Buffer.from("1.0")) };
    const results = [
      { result: { case: "event" as const, value: create(EventSchema, event) } },
      {
        result: {
          case: "error" as const,
          value: { $typeName: "google.rpc.Status" as const, code: 3, message: "m", details: [] },
        },
      },
    ];
    const text = batch(create(BatchPublishEventsResponseSchema, { results }));
    expect(text).toContain('"data":1.0');
    expect(JSON.parse(text)).toMatchObject({ results: [{ event: { id: "evt_1" } }, { error: { code: 3 } }] });
    const request = create(BatchPublishEventsRequestSchema, { events: [{ actor: event.data }, {}] });
    expect(responseWriter(messageShape(BatchPublishEventsRequestSchema))(request)).toContain('"actor":1.0}');
  });
});
