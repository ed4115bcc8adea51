import { describe, expect, it } from "@jest/globals";
import { names, type SecretObject, type WebhookEndpoint } from "./resource.ts";
import { nextSecret } from "./signing-secret.ts";

const now = new Date("2026-11-05T10:00:00Z");
const base64 = (text: string) => Buffer.from(text).toString("base64");

function resource(overlap = "24h", more: { rotate?: string; deletionPolicy?: "Retain" } = {}): WebhookEndpoint {
  const annotations = more.rotate === undefined ? {} : { [names.rotateAnnotation]: more.rotate };
  return {
    metadata: { name: "orders", namespace: "shop", uid: "uid-1", annotations },
    spec: {
      url: "https://example.com",
      events: ["*"],
      paused: false,
      signing: { rotation: { overlap } },
      maxInFlight: 64,
      deletionPolicy: more.deletionPolicy ?? "Delete",
    },
  };
}

const kept: SecretObject = {
  metadata: {
    name: "orders-signing",
    namespace: "shop",
    uid: "uid-s",
    resourceVersion: "7",
    labels: { [names.secretLabel]: "orders", team: "books" },
    annotations: { [names.rotatedAt]: "2026-10-01T00:00:00.000Z", note: "mine" },
  },
  type: "Opaque",
  data: { secret: base64("old"), other: base64("stays") },
};

describe("the generated Secret", () => {
  it("is made with a label, a time and an owner", () => {
    const owner = { apiVersion: names.apiVersion, kind: names.kind, name: "orders", uid: "uid-1" };
    expect(nextSecret(resource(), null, "first", "new", now)).toEqual({
      type: "Opaque",
      metadata: {
        name: "orders-signing",
        namespace: "shop",
        labels: { [names.secretLabel]: "orders", [names.managedByLabel]: names.fieldManager },
        annotations: { [names.rotatedAt]: now.toISOString() },
        ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: false }],
      },
      data: { secret: base64("new") },
    });
  });

  it("has no owner with which it would go when the endpoint stays", () => {
    const made = nextSecret(resource("24h", { deletionPolicy: "Retain" }), kept, "owner", "new", now);
    expect(made.metadata.ownerReferences).toEqual([]);
    expect(made.data).toEqual(kept.data);
  });

  it("keeps the one before while it overlaps, what others wrote, and which rotation was asked for", () => {
    const next = nextSecret(resource("1h", { rotate: "today" }), kept, "rotate", "new", now);
    expect(next.data).toEqual({ secret: base64("new"), previous: base64("old"), other: base64("stays") });
    expect(next.metadata).toMatchObject({
      resourceVersion: "7",
      labels: { team: "books" },
      annotations: {
        note: "mine",
        [names.rotatedAt]: now.toISOString(),
        [names.rotatedFor]: "today",
        [names.previousExpiresAt]: "2026-11-05T11:00:00.000Z",
      },
    });
  });

  it("keeps none without an overlap, and forgets it when the overlap is over", () => {
    expect(nextSecret(resource("0s"), kept, "rotate", "new", now).data).not.toHaveProperty("previous");
    const rotated = nextSecret(resource("1h"), kept, "rotate", "new", now);
    const dropped = nextSecret(resource("1h"), rotated, "dropPrevious", "unused", now);
    expect(dropped.data).toEqual({ secret: base64("new"), other: base64("stays") });
    expect(dropped.metadata.annotations).not.toHaveProperty(names.previousExpiresAt);
  });
});
