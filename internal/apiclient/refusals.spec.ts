import grpc, { type ServiceError } from "@grpc/grpc-js";
import { describe, expect, it } from "@jest/globals";
import { refusalOf } from "./refusals.ts";

function said(code: number, details: string): string {
  return refusalOf({ code, details, metadata: new grpc.Metadata() } as ServiceError).message;
}

describe("what gRPC says when nobody answers", () => {
  it.each([
    [
      "round_robin: No connection established. Last error: No connection established. Last error: Error: connect " +
        "ECONNREFUSED 127.0.0.1:50051. Resolution note: ",
      "connect ECONNREFUSED 127.0.0.1:50051",
    ],
    [
      "No connection established. Last error: Failed to connect (2026-11-28T22:30:24.520Z). Resolution note: ",
      "Failed to connect",
    ],
    ["Name resolution failed for target dns:nowhere:50051", "Name resolution failed for target dns:nowhere:50051"],
  ])("is told by its cause, and alike at every try: %s", (details, cause) => {
    expect(said(grpc.status.UNAVAILABLE, details)).toBe(cause);
  });

  it("is told alike when the time limit passes", () => {
    const details = "Deadline exceeded after 10.002s,name resolution: 0.002s,Waiting for LB pick";
    expect(said(grpc.status.DEADLINE_EXCEEDED, details)).toBe("no answer in time");
  });
});
