import { describe, expect, it } from "@jest/globals";
import { formatId, newUuid } from "../domain/ids.ts";
import { buildEnvelope, envelopeData } from "./envelope.ts";

const event = { id: newUuid(), type: "invoice.paid", workspaceId: newUuid(), projectId: null };

describe("the delivered body", () => {
  it("says what happened, when and where", () => {
    const body = JSON.parse(buildEnvelope(event, Buffer.from('{"amount":1}')).toString());
    expect(body).toEqual({
      id: formatId("event", event.id),
      type: "invoice.paid",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      workspaceId: formatId("workspace", event.workspaceId),
      data: { amount: 1 },
    });
  });

  it("names the project of a project's event", () => {
    const projectId = newUuid();
    const body = JSON.parse(buildEnvelope({ ...event, projectId }, Buffer.from("null")).toString());
    expect(body.projectId).toBe(formatId("project", projectId));
  });

  it("keeps the caller's JSON to the byte, and finds it again", () => {
    const data = Buffer.from('{ "n": 12345678901234567890, "d": 1.10, "ü": "é\\u00e9", "a":[ ] }');
    const body = buildEnvelope(event, data);
    expect(body.includes(data)).toBe(true);
    expect(envelopeData(event, body).equals(data)).toBe(true);
  });
});
