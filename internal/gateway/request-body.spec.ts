import { describe, expect, it } from "@jest/globals";
import { DomainError } from "../domain/errors.ts";
import {
  type BatchPublishEventsRequest,
  BatchPublishEventsRequestSchema,
  type PublishEventRequest,
  PublishEventRequestSchema,
} from "../rpc/gen/sealpost/v1/event_pb.js";
import { messageShape } from "./json-shape.ts";
import { parseBody } from "./request-body.ts";

const parse = (text: string) => parseBody(messageShape(PublishEventRequestSchema), Buffer.from(text));
const publish = (text: string) => parse(text).message as PublishEventRequest;
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

function refusal(text: string): DomainError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe("free JSON in a body", () => {
  it.each([
    "12345678901234567890",
    "1.10",
    "null",
    '""',
    '{"b":1, "a" : [ ]\n}',
    '"é \\u00e9 \\" }"',
    '{"eventType":"not this one"}',
  ])("keeps %s as it was written", (text) => {
    const message = publish(`{ "data" :\t${text} , "eventType":"a.b" }`);
    expect([textOf(message.data), message.eventType]).toEqual([text, "a.b"]);
  });

  it("keeps several fields, each with its own text", () => {
    const message = publish('{"actor":{"é":1},"category":"ü","target":[2],"action":"a","metadata":"m"}');
    expect([message.actor, message.target, message.metadata].map(textOf)).toEqual(['{"é":1}', "[2]", '"m"']);
    expect([message.category, message.action]).toEqual(["ü", "a"]);
  });

  it("keeps it in repeated messages", () => {
    const text = '{"events":[{"data":1.0},{},{"eventType":"a","data":{"x":[1.50]}}]}';
    const { message } = parseBody(messageShape(BatchPublishEventsRequestSchema), Buffer.from(text));
    expect((message as BatchPublishEventsRequest).events.map(({ data }) => textOf(data))).toEqual([
      "1.0",
      "",
      '{"x":[1.50]}',
    ]);
  });

  it("is a view of the body, not a copy", () => {
    const body = Buffer.from('{"data":[1]}');
    const { message } = parseBody(messageShape(PublishEventRequestSchema), body);
    expect((message as PublishEventRequest).data.buffer).toBe(body.buffer);
  });
});

describe("a body's own fields", () => {
  it("go by their JSON and their proto names, escaped or not", () => {
    expect(publish('{"event_type":"a","idempotenc\\u0079Key":"k"}')).toMatchObject({
      eventType: "a",
      idempotencyKey: "k",
    });
  });

  it("are absent when null", () => {
    expect(publish('{"eventType":null,"occurredAt":null}')).toMatchObject({ eventType: "" });
  });

  it("are told apart as present, null or not", () => {
    expect(parse('{"eventType":null,"data":1}').present).toEqual(["event_type", "data"]);
  });

  it("are refused under prototype names", () => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect(refusal(`{"${name}":1}`).details.fieldViolations).toMatchObject([{ field: name }]);
    }
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("are refused all together when their types are wrong", () => {
    const fields = refusal('{"eventType":1,"category":[],"occurredAt":"x"}').details.fieldViolations;
    expect(fields?.map(({ field }) => field)).toEqual(["event_type", "category", "occurred_at"]);
  });

  it("may be as deep as free JSON may, and not more", () => {
    const deep = (levels: number) => `{"data":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    expect(textOf(publish(deep(32)).data)).toHaveLength(64);
    expect(refusal(deep(33)).message).toContain("more than 32 levels deep at byte 40");
  });
});
