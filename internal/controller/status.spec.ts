import { describe, expect, it } from "@jest/globals";
import type { Condition } from "./conditions.ts";
import type { Observed, Verdict } from "./decision.ts";
import { no, unknown, yes } from "./finding.ts";
import { healthOf } from "./health.ts";
import type { RemoteEndpoint } from "./ports.ts";
import type { WebhookEndpointStatus } from "./resource.ts";
import { statusAfter } from "./status.ts";

const now = new Date("2026-11-05T10:20:30.123Z");
const before = "2026-11-01T00:00:00Z";

const remote: RemoteEndpoint = {
  id: "whe_1",
  workspaceId: "wsp_1",
  projectId: "",
  region: "eu",
  url: "https://example.com",
  events: ["*"],
  description: "",
  maxInFlight: 64,
  headerNames: [],
  headersVersion: 1,
  status: "ACTIVE",
  reason: "",
  keyID: "whk_1",
  previousKeyExpiresAt: null,
  managedBy: { cluster: "here", namespace: "shop", name: "orders", uid: "uid-1" },
  statistics: {
    attempts: 9,
    succeeded: 9,
    failed: 0,
    consecutiveFailures: 0,
    lastSuccessAt: new Date("2026-11-05T10:19:00Z"),
    lastFailureAt: null,
    lastStatus: 200,
  },
};

function observed(status: WebhookEndpointStatus = {}, more: Partial<Observed> = {}): Observed {
  return {
    now,
    resource: {
      metadata: { name: "orders", namespace: "shop", uid: "uid-1", generation: 3 },
      spec: {
        url: "https://example.com",
        events: ["*"],
        paused: false,
        signing: { rotation: { overlap: "24h" } },
        maxInFlight: 64,
        deletionPolicy: "Delete",
      },
      status,
    },
    cluster: "here",
    label: "wsp_1",
    secrets: new Map(),
    remote,
    handed: { hash: "h", digest: "d", keyID: "whk_1", headersVersion: 1 },
    ...more,
  };
}

const well: Verdict = {
  accepted: yes("Accepted", ""),
  resolvedRefs: yes("Resolved", ""),
  synced: yes("Synced", ""),
  progress: "done",
  hash: "h",
  key: {
    ref: { name: "orders-signing", key: "secret" },
    secret: "whsec_x",
    digest: "d",
    previousExpiresAt: undefined,
    rotationDueAt: undefined,
  },
};

const standing = (type: string, status: Condition["status"]): Condition => ({
  type,
  status,
  reason: "Earlier",
  message: "",
  observedGeneration: 2,
  lastTransitionTime: before,
});
const find = (status: WebhookEndpointStatus, type: string) => status.conditions?.find((each) => each.type === type);

describe("the status", () => {
  it("says everything when all is well, and no secret", () => {
    const status = statusAfter(observed(), well);
    expect(status).toMatchObject({
      observedGeneration: 3,
      endpointID: "whe_1",
      workspaceID: "wsp_1",
      region: "eu",
      specHash: "h-d",
      lastSuccessTime: "2026-11-05T10:00:00Z",
      signing: { secretRef: { name: "orders-signing", key: "secret" }, activeKeyID: "whk_1" },
    });
    expect(status.conditions?.map(({ type, status: is }) => `${type}=${is}`)).toEqual([
      "Ready=True",
      "Accepted=True",
      "ResolvedRefs=True",
      "Synced=True",
      "Healthy=True",
    ]);
    expect(JSON.stringify(status)).not.toContain("whsec_");
  });

  it("keeps a condition's time while its status stays, and not longer", () => {
    const { conditions } = { conditions: [standing("Ready", "True"), standing("Synced", "False")] };
    const status = statusAfter(observed({ conditions }), well);
    expect(find(status, "Ready")).toMatchObject({ lastTransitionTime: before, reason: "Ready", observedGeneration: 3 });
    expect(find(status, "Synced")).toMatchObject({ lastTransitionTime: "2026-11-05T10:20:30Z" });
  });

  it("is the same again when nothing changed", () => {
    const status = statusAfter(observed(), well);
    expect(statusAfter(observed(status, { now: new Date(now.getTime() + 60_000) }), well)).toEqual(status);
  });

  it("is not ready for the first thing that is wrong, and says what it waits for", () => {
    const verdict: Verdict = { ...well, resolvedRefs: no("SecretNotFound", "make it"), progress: "stalled" };
    const status = statusAfter(observed(), verdict);
    expect(find(status, "Ready")).toMatchObject({ status: "False", reason: "SecretNotFound", message: "make it" });
    expect(find(status, "Stalled")).toMatchObject({ status: "True", reason: "SecretNotFound" });
    expect(find(status, "Reconciling")).toBeUndefined();
    expect(find(statusAfter(observed(status), well), "Stalled")).toBeUndefined();
  });

  it("stays ready while nobody answers who need not", () => {
    const verdict: Verdict = { ...well, synced: unknown("ApiUnavailable", "away"), progress: "working" };
    const status = statusAfter(observed({ conditions: [standing("Ready", "True")] }), verdict);
    expect(find(status, "Ready")).toMatchObject({ status: "True" });
    expect(find(status, "Reconciling")).toMatchObject({ status: "True" });
  });

  it("keeps what a verdict does not say", () => {
    const status = statusAfter(
      observed({ conditions: [standing("Synced", "True")], endpointID: "whe_0" }, { remote: undefined }),
      {
        accepted: no("WorkspaceChanged", "set it back"),
        progress: "stalled",
      },
    );
    expect(status).toMatchObject({ endpointID: "whe_0" });
    expect(find(status, "Synced")).toEqual(standing("Synced", "True"));
  });

  it("says nothing of an endpoint that is somebody else's", () => {
    const theirs = { ...remote, managedBy: { cluster: "here", namespace: "shop", name: "other", uid: "uid-2" } };
    const status = statusAfter(observed({}, { remote: theirs }), { ...well, synced: no("Conflict", "theirs") });
    expect(status.endpointID).toBeUndefined();
    expect(find(status, "Healthy")).toBeUndefined();
  });
});

describe("Healthy", () => {
  const { statistics } = remote;
  it.each([
    [{ ...remote, statistics: { ...statistics, attempts: 0 } }, "Unknown", "NoDeliveries"],
    [remote, "True", "Delivering"],
    [{ ...remote, statistics: { ...statistics, consecutiveFailures: 2, lastStatus: 500 } }, "True", "Delivering"],
    [{ ...remote, statistics: { ...statistics, consecutiveFailures: 3, lastStatus: 500 } }, "False", "Failing"],
    [{ ...remote, status: "DISABLED" as const, reason: "GONE" }, "False", "Gone"],
  ])("case %#", (of, status, reason) => {
    expect(healthOf(of)).toMatchObject({ status, reason });
  });
});
