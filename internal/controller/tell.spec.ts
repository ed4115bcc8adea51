import { describe, expect, it } from "@jest/globals";
import type { Condition } from "./conditions.ts";
import type { WebhookEndpoint, WebhookEndpointStatus } from "./resource.ts";
import { eventOfStatus } from "./tell.ts";

const resource = { metadata: { namespace: "shop", name: "orders", uid: "u" }, spec: {} } as WebhookEndpoint;

function withReady(status: Condition["status"], reason: string): WebhookEndpointStatus {
  const lastTransitionTime = "2026-11-01T00:00:00Z";
  return { conditions: [{ type: "Ready", status, reason, message: "m", observedGeneration: 1, lastTransitionTime }] };
}

describe("what people are told of a status", () => {
  it("is that a resource is ready, unless they were told of the step that made it so", () => {
    const ready = withReady("True", "Ready");
    expect(eventOfStatus(resource, ready)).toMatchObject({ type: "Normal", reason: "Ready" });
    expect(eventOfStatus(resource, ready, true)).toBeUndefined();
  });

  it("is that it is not ready in any case, and nothing when that was so before", () => {
    const conflict = withReady("False", "Conflict");
    expect(eventOfStatus(resource, conflict, true)).toMatchObject({ type: "Warning", reason: "Conflict" });
    expect(eventOfStatus({ ...resource, status: conflict }, conflict)).toBeUndefined();
  });
});
