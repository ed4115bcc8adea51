import { describe, expect, it } from "@jest/globals";
import { newUuid } from "../domain/ids.ts";
import type { DeliveryMessage } from "../domain/message.ts";
import { decodeMessage, encodeMessage, messageId, UnknownFormatError } from "./message.ts";

const message: DeliveryMessage = {
  deliveryId: newUuid(),
  endpointId: newUuid(),
  eventId: newUuid(),
  region: "us",
  attempt: 3,
  epoch: 7,
  dueAt: 1_764_000_000_123,
  body: Buffer.from('{"big":12345678901234567890,\n"text":"\u00e9\u0000"}'),
};
const noTrace = () => undefined;

describe("the wire format of a delivery", () => {
  it("brings back every field and the body byte for byte", () => {
    expect(decodeMessage(encodeMessage(message), noTrace)).toEqual(message);
  });

  it("carries any bytes as body, also none", () => {
    for (const body of [Buffer.alloc(0), Buffer.from([10, 0, 255, 10, 123]), Buffer.alloc(262_144, 7)]) {
      expect(decodeMessage(encodeMessage({ ...message, body }), noTrace).body.equals(body)).toBe(true);
    }
  });

  it("takes trace contexts from the headers, and only asks when there are some", () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const follows = traceparent.replace("b7ad", "0000");
    const headers: Record<string, string> = { traceparent, "sealpost-follows": follows };
    const traced = { ...message, traceparent, follows };
    expect(decodeMessage(encodeMessage(traced), (name) => headers[name])).toEqual(traced);
    const unasked = () => {
      throw new Error("headers were read");
    };
    expect(decodeMessage(encodeMessage(message), unasked)).toEqual(message);
  });

  it("reads a dead letter, which says why it ended", () => {
    const letter = encodeMessage(message, "EXHAUSTED");
    expect(letter.toString("utf8").split("\n", 1)[0]).toContain('"reason":"EXHAUSTED"');
    expect(decodeMessage(letter, noTrace)).toEqual(message);
  });

  it("does not depend on the buffer that the message arrived in", () => {
    const received = encodeMessage(message);
    const decoded = decodeMessage(received, noTrace);
    received.fill(0);
    expect(decoded.body.equals(message.body)).toBe(true);
  });

  it("refuses a newer format with an error that says what to do", () => {
    const newer = Buffer.from(encodeMessage(message).toString("latin1").replace('"v":1', '"v":2'), "latin1");
    expect(() => decodeMessage(newer, noTrace)).toThrow(UnknownFormatError);
    expect(() => decodeMessage(newer, noTrace)).toThrow(/format version 2.*reads 1.*upgrade/);
  });

  it.each(["", "hello", "{}\n", '{"v":1}\n', "null\nx", '{"v":1,"delivery":"d"}\nbody'])("refuses %j", (text) => {
    expect(() => decodeMessage(Buffer.from(text), noTrace)).toThrow(/not written by Sealpost/);
  });

  it("has one id per delivery, attempt and epoch", () => {
    expect(messageId(message)).toBe(`${message.deliveryId}:3:7`);
  });
});
