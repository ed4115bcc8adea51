import { describe, expect, it } from "@jest/globals";
import { decide } from "./decide.ts";
import type { Decision, Observed, Verdict } from "./decision.ts";
import { ApiRefusal, type RemoteEndpoint, SecretRefusal } from "./ports.ts";
import { specHash } from "./references.ts";
import { isAway } from "./refusal.ts";
import { names, type SecretObject, type WebhookEndpoint, type WebhookEndpointSpec } from "./resource.ts";
import { digestOf } from "./signing-secret.ts";

const now = new Date("2026-11-05T10:00:00Z");
const ago = (ms: number) => new Date(now.getTime() - ms).toISOString();
const hour = 3_600_000;
const workspace = "wsp_01h00000000000000000000000";
const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const managedBy = { cluster: "here", namespace: "shop", name: "orders", uid: "uid-1" };

/** A resource whose finalizer is set, with nothing else of note. */
function resource(
  spec: Partial<WebhookEndpointSpec> = {},
  more: Partial<Pick<WebhookEndpoint, "status">> & { metadata?: Partial<WebhookEndpoint["metadata"]> } = {},
): WebhookEndpoint {
  return {
    metadata: {
      name: "orders",
      namespace: "shop",
      uid: "uid-1",
      generation: 2,
      finalizers: [names.finalizer],
      ...more.metadata,
    },
    spec: {
      ...(spec.urlFrom === undefined && { url: "https://example.com/hooks" }),
      events: ["invoice.paid"],
      paused: false,
      signing: { rotation: { overlap: "24h" } },
      maxInFlight: 64,
      deletionPolicy: "Delete",
      ...spec,
    },
    status: more.status ?? {},
  };
}

function generated(annotations: Record<string, string> = {}, more: Partial<SecretObject> = {}): SecretObject {
  return {
    metadata: {
      name: "orders-signing",
      namespace: "shop",
      uid: "uid-s",
      resourceVersion: "7",
      labels: { [names.secretLabel]: "orders" },
      annotations: { [names.rotatedAt]: ago(hour), ...annotations },
      ownerReferences: [{ apiVersion: names.apiVersion, kind: names.kind, name: "orders", uid: "uid-1" }],
    },
    data: { secret: base64(secretOf(1)) },
    ...more,
  };
}

function plain(name: string, data: Record<string, string>): SecretObject {
  const encoded = Object.entries(data).map(([key, value]) => [key, base64(value)]);
  return {
    metadata: { name, namespace: "shop", uid: "uid-p", resourceVersion: "3" },
    data: Object.fromEntries(encoded),
  };
}

function remote(more: Partial<RemoteEndpoint> = {}): RemoteEndpoint {
  return {
    id: "whe_1",
    workspaceId: workspace,
    projectId: "",
    region: "eu",
    url: "https://example.com/hooks",
    events: ["invoice.paid"],
    description: "",
    maxInFlight: 64,
    headerNames: [],
    headersVersion: 1,
    status: "ACTIVE",
    reason: "",
    keyID: "whk_1",
    previousKeyExpiresAt: null,
    managedBy,
    statistics: {
      attempts: 0,
      succeeded: 0,
      failed: 0,
      consecutiveFailures: 0,
      lastSuccessAt: null,
      lastFailureAt: null,
      lastStatus: null,
    },
    ...more,
  };
}

/** What the API was handed, of another spec. */
const has = { hash: "another", digest: digestOf(secretOf(1)), keyID: "whk_1", headersVersion: 1 };

/** Everything as it should be, unless said otherwise. */
function observed(more: Partial<Observed> = {}): Observed {
  const of = more.resource ?? resource();
  const secrets = more.secrets ?? new Map([["orders-signing", generated()]]);
  return {
    now,
    resource: of,
    cluster: "here",
    label: workspace,
    secrets,
    remote: remote(),
    handed: { ...has, hash: specHash(of, secrets) },
    ...more,
  };
}

const secrets = (...each: SecretObject[]) => new Map(each.map((secret) => [secret.metadata.name, secret] as const));
const stepOf = (decision: Decision) => ("step" in decision ? decision.step : undefined);
const verdictOf = (decision: Decision): Verdict => {
  if ("settled" in decision) return decision.settled;
  throw new Error(`not settled: ${JSON.stringify(decision)}`);
};
const refusal = (status: string, reason: string, retryAfterMs?: number) =>
  new ApiRefusal({ status, reason, message: "what the API said", retryAfterMs });
const secretRefusal = (because: SecretRefusal["because"]) =>
  new SecretRefusal({ verb: "get", secret: "hooks", because, message: "what the API server said" });
const never = { hash: undefined, digest: undefined, keyID: undefined, headersVersion: undefined };

describe("the next step", () => {
  const due = { signing: { rotation: { interval: "720h", overlap: "24h" } } };
  const header = { headers: [{ name: "X-Team", value: "books" }] };
  const deleted = { metadata: { deletionTimestamp: now.toISOString() } };

  it.each<[string, Partial<Observed>, object | undefined]>([
    [
      "holds it by a finalizer before anything is written",
      { resource: resource({}, { metadata: { finalizers: [] } }) },
      { do: "setFinalizer", held: true },
    ],
    ["reads what it refers to", { secrets: new Map() }, { do: "readSecrets", names: ["orders-signing"] }],
    [
      "writes the signing Secret before the endpoint is made",
      { secrets: new Map([["orders-signing", null]]), remote: null, handed: never },
      { do: "writeSecret", name: "orders-signing", change: "first" },
    ],
    ["looks for the endpoint", { remote: undefined }, { do: "readEndpoint" }],
    ["makes the endpoint", { remote: null, handed: never }, { do: "create", workspaceId: workspace, again: false }],
    [
      "makes it again when it was deleted",
      { remote: null, resource: resource({}, { status: { endpointID: "whe_1", workspaceID: workspace } }) },
      { do: "create", again: true },
    ],
    [
      "adopts one that nobody manages",
      { remote: remote({ managedBy: null }), resource: resource({ externalID: "whe_1" }) },
      { do: "adopt", id: "whe_1" },
    ],
    [
      "hands over what the spec changed",
      { remote: remote({ url: "https://old" }), handed: never },
      { do: "update", fields: ["url"], drift: false },
    ],
    [
      "puts right what was changed outside",
      { remote: remote({ url: "https://evil", maxInFlight: 9 }) },
      { do: "update", fields: ["url", "maxInFlight"], drift: true },
    ],
    [
      "does not update twice what the API spells otherwise",
      { remote: remote({ url: "https://xn--e1aybc" }), updated: true },
      undefined,
    ],
    [
      "does not mind the order of event types",
      { resource: resource({ events: ["b", "a"] }), remote: remote({ events: ["a", "b"] }) },
      undefined,
    ],
    [
      "hands header values over when something changed",
      {
        resource: resource(header),
        remote: remote({ headerNames: ["x-team"] }),
        handed: { ...has, hash: "another" },
      },
      { do: "update", fields: ["headers"], drift: false },
    ],
    [
      "hands header values over again that were overwritten over the API",
      { resource: resource(header), remote: remote({ headerNames: ["x-team"], headersVersion: 2 }) },
      { do: "update", fields: ["headers"], drift: true },
    ],
    [
      "does not suspect header values whose version nobody noted",
      {
        resource: resource(header),
        remote: remote({ headerNames: ["x-team"], headersVersion: 2 }),
        handed: { ...has, hash: specHash(resource(header), new Map()), headersVersion: undefined },
      },
      undefined,
    ],
    [
      "takes headers away",
      { remote: remote({ headerNames: ["x-team"] }) },
      { do: "update", fields: ["headers"], drift: true },
    ],
    [
      "disables a paused one",
      {
        resource: resource({ paused: true }),
        handed: { ...has, hash: "another" },
      },
      { do: "disable", drift: false },
    ],
    [
      "enables one that is not paused",
      { remote: remote({ status: "DISABLED", reason: "BY_REQUEST" }) },
      { do: "enable", drift: true },
    ],
    [
      "leaves one alone whose receiver is gone",
      {
        remote: remote({ status: "DISABLED", reason: "GONE" }),
        resource: resource({}, { status: { observedGeneration: 2 } }),
      },
      undefined,
    ],
    [
      "tries one again whose receiver was gone, when the spec changed",
      {
        remote: remote({ status: "DISABLED", reason: "GONE" }),
        resource: resource({}, { status: { observedGeneration: 1 } }),
      },
      { do: "enable" },
    ],
    ["hands a secret over that the API does not have", { handed: never }, { do: "rotate", drift: false }],
    [
      "hands its own over when another one signs",
      { remote: remote({ keyID: "whk_2" }) },
      { do: "rotate", drift: true },
    ],
    [
      "rotates when it is due",
      { resource: resource(due), secrets: secrets(generated({ [names.rotatedAt]: ago(721 * hour) })) },
      { do: "writeSecret", change: "rotate" },
    ],
    [
      "does not rotate before",
      { resource: resource(due), secrets: secrets(generated({ [names.rotatedAt]: ago(719 * hour) })) },
      undefined,
    ],
    [
      "rotates when it is asked to",
      { resource: resource({}, { metadata: { annotations: { [names.rotateAnnotation]: "now" } } }) },
      { do: "writeSecret", change: "rotate" },
    ],
    [
      "and once",
      {
        resource: resource({}, { metadata: { annotations: { [names.rotateAnnotation]: "now" } } }),
        secrets: secrets(generated({ [names.rotatedFor]: "now" })),
      },
      undefined,
    ],
    [
      "hands over what it has before it rotates again",
      { resource: resource({}, { metadata: { annotations: { [names.rotateAnnotation]: "now" } } }), handed: never },
      { do: "rotate" },
    ],
    [
      "drops the previous secret when it has expired",
      { secrets: secrets(generated({ [names.previousExpiresAt]: ago(1) })) },
      { do: "writeSecret", change: "dropPrevious" },
    ],
    [
      "owns the Secret no more when the endpoint is to stay",
      { resource: resource({ deletionPolicy: "Retain" }) },
      { do: "writeSecret", change: "owner" },
    ],
    ["does nothing when everything is as it should be", {}, undefined],

    ["deletes the endpoint of a deleted resource", { resource: resource({}, deleted) }, { do: "delete", id: "whe_1" }],
    [
      "releases it when it is to stay",
      { resource: resource({ deletionPolicy: "Retain" }, deleted) },
      { do: "release", id: "whe_1" },
    ],
    ["looks for it first", { resource: resource({}, deleted), remote: undefined }, { do: "readEndpoint" }],
    [
      "lets the resource go when there is none",
      { resource: resource({}, deleted), remote: null },
      { do: "setFinalizer", held: false },
    ],
    [
      "lets it go when the endpoint is somebody else's",
      { resource: resource({}, deleted), remote: remote({ managedBy: { ...managedBy, uid: "uid-2" } }) },
      { do: "setFinalizer", held: false },
    ],
    [
      "deletes also where the namespace is not bound any more",
      { resource: resource({}, deleted), label: undefined },
      { do: "delete" },
    ],
    [
      "has nothing to do once it has let go",
      { resource: resource({}, { metadata: { ...deleted.metadata, finalizers: [] } }) },
      undefined,
    ],
  ])("%s", (_name, more, step) => {
    const found = stepOf(decide(observed(more)));
    if (step === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(step);
  });

  it("takes the URL and headers from Secrets, without the newline that a file ends with", () => {
    const ref = (key: string) => ({ secretKeyRef: { name: "hooks", key } });
    const of = resource({ urlFrom: ref("url"), headers: [{ name: "Authorization", valueFrom: ref("token") }] });
    const read = secrets(plain("hooks", { url: "https://example.com/x\n", token: "Bearer 1\n" }), generated());
    expect(stepOf(decide(observed({ resource: of, secrets: read, remote: null, handed: never })))).toMatchObject({
      wanted: { url: "https://example.com/x", headers: { Authorization: "Bearer 1" } },
    });
  });

  it("signs with a Secret of the user's own, and never writes it", () => {
    const of = resource({ signing: { secretRef: { name: "own", key: "k" }, rotation: { overlap: "1h" } } });
    const read = secrets(plain("own", { k: secretOf(2) }));
    expect(stepOf(decide(observed({ resource: of, secrets: read })))).toMatchObject({
      do: "rotate",
      key: { secret: secretOf(2) },
      drift: false,
    });
  });
});

describe("what is said", () => {
  const ready = (status: "True" | "False") => ({
    conditions: [{ type: "Ready", status, reason: "x", message: "", observedGeneration: 2, lastTransitionTime: "" }],
  });
  const own = (key = "k") => resource({ signing: { secretRef: { name: "own", key }, rotation: { overlap: "1h" } } });

  it.each<
    [
      string,
      Partial<Observed>,
      Partial<Record<"accepted" | "resolvedRefs" | "synced", [string, string]>>,
      Verdict["progress"],
    ]
  >([
    [
      "all well",
      {},
      { accepted: ["True", "Accepted"], resolvedRefs: ["True", "Resolved"], synced: ["True", "Synced"] },
      "done",
    ],
    ["no label", { label: undefined }, { accepted: ["False", "NamespaceNotBound"] }, "stalled"],
    [
      "another label",
      { resource: resource({}, { status: { workspaceID: "wsp_2" } }) },
      { accepted: ["False", "WorkspaceChanged"] },
      "stalled",
    ],
    [
      "the label is gone",
      { label: undefined, resource: resource({}, { status: { workspaceID: workspace } }) },
      { accepted: ["False", "WorkspaceChanged"] },
      "stalled",
    ],
    [
      "no Secret of one's own",
      { resource: own(), secrets: new Map([["own", null]]) },
      { resolvedRefs: ["False", "SecretNotFound"] },
      "working",
    ],
    [
      "no such key",
      { resource: own("other"), secrets: secrets(plain("own", { k: "v" })) },
      { resolvedRefs: ["False", "SecretKeyNotFound"] },
      "working",
    ],
    [
      "an empty key",
      { resource: own(), secrets: secrets(plain("own", { k: "" })) },
      { resolvedRefs: ["False", "SecretKeyEmpty"] },
      "working",
    ],
    [
      "a bad signing secret",
      { resource: own(), secrets: secrets(plain("own", { k: "whsec_short" })) },
      { resolvedRefs: ["False", "SigningSecretInvalid"] },
      "stalled",
    ],
    [
      "a Secret that is another's",
      { secrets: secrets(plain("orders-signing", { secret: secretOf(1) })) },
      { resolvedRefs: ["False", "SecretNotOwned"] },
      "stalled",
    ],
    [
      "a Secret that it may not read",
      { secretRefusal: secretRefusal("rights") },
      { accepted: ["True", "Accepted"], resolvedRefs: ["False", "SecretForbidden"] },
      "stalled",
    ],
    [
      "a Secret that a policy refuses",
      { secretRefusal: secretRefusal("refused") },
      { resolvedRefs: ["False", "SecretRefused"] },
      "stalled",
    ],
    [
      "a Secret that cannot be read for a moment, before it was ready",
      { secretRefusal: secretRefusal("failed") },
      { resolvedRefs: ["False", "SecretUnavailable"] },
      "working",
    ],
    [
      "a Secret that cannot be read for a moment, and it was ready",
      { secretRefusal: secretRefusal("failed"), resource: resource({}, { status: ready("True") }) },
      { resolvedRefs: ["Unknown", "SecretUnavailable"] },
      "done",
    ],
    [
      "nothing to adopt",
      { resource: resource({ externalID: "whe_9" }), remote: null },
      { synced: ["False", "EndpointNotFound"] },
      "stalled",
    ],
    [
      "an endpoint elsewhere",
      { remote: remote({ workspaceId: "wsp_2", managedBy: null }) },
      { synced: ["False", "WorkspaceMismatch"] },
      "stalled",
    ],
    [
      "another resource's endpoint",
      { remote: remote({ managedBy: { ...managedBy, uid: "uid-2" } }) },
      { synced: ["False", "Conflict"] },
      "stalled",
    ],
    [
      "suspended for its plan",
      { remote: remote({ status: "SUSPENDED", reason: "PLAN" }) },
      { accepted: ["False", "PlanRequired"] },
      "stalled",
    ],
    [
      "refused for its plan",
      { refusal: refusal("PERMISSION_DENIED", "PLAN_REQUIRED") },
      { accepted: ["False", "PlanRequired"], synced: ["Unknown", "NotAccepted"] },
      "stalled",
    ],
    [
      "refused for its content",
      { refusal: refusal("INVALID_ARGUMENT", "INVALID_REQUEST") },
      { accepted: ["False", "InvalidRequest"] },
      "stalled",
    ],
    [
      "refused for its number",
      { refusal: refusal("RESOURCE_EXHAUSTED", "ENDPOINT_LIMIT") },
      { accepted: ["False", "EndpointLimit"] },
      "stalled",
    ],
    [
      "refused for an address",
      { refusal: refusal("PERMISSION_DENIED", "ADDRESS_NOT_ALLOWED") },
      { synced: ["False", "AddressNotAllowed"] },
      "stalled",
    ],
    [
      "refused for the key",
      { refusal: refusal("UNAUTHENTICATED", "KEY_REVOKED") },
      { synced: ["False", "KeyRevoked"] },
      "stalled",
    ],
    [
      "too fast, before it was ready",
      { refusal: refusal("RESOURCE_EXHAUSTED", "RATE_LIMITED", 7000) },
      { synced: ["False", "RateLimited"] },
      "working",
    ],
    [
      "too fast, and it was ready",
      {
        refusal: refusal("RESOURCE_EXHAUSTED", "RATE_LIMITED", 7000),
        resource: resource({}, { status: ready("True") }),
      },
      { accepted: ["True", "Accepted"], synced: ["Unknown", "RateLimited"] },
      "done",
    ],
    [
      "nobody answers, before it was ready",
      { refusal: refusal("UNAVAILABLE", "") },
      { synced: ["False", "ApiUnavailable"] },
      "working",
    ],
    [
      "nobody answers, and it was ready",
      { refusal: refusal("UNAVAILABLE", ""), resource: resource({}, { status: ready("True") }) },
      { accepted: ["True", "Accepted"], synced: ["Unknown", "ApiUnavailable"] },
      "done",
    ],
    [
      "nobody answers, and it is to be deleted",
      { refusal: refusal("UNAVAILABLE", ""), resource: resource({}, { metadata: { deletionTimestamp: ago(1) } }) },
      { synced: ["False", "ApiUnavailable"] },
      "working",
    ],
  ])("%s", (_name, more, findings, progress) => {
    const verdict = verdictOf(decide(observed(more)));
    for (const [about, [status, reason]] of Object.entries(findings)) {
      expect(verdict[about as keyof typeof findings]).toMatchObject({ status, reason });
    }
    expect(verdict.progress).toBe(progress);
  });

  it("names the verb, the namespace and the role that a Secret needs, and the account that lacks it", () => {
    expect(verdictOf(decide(observed({ secretRefusal: secretRefusal("rights") }))).resolvedRefs?.message).toBe(
      "Secret hooks cannot be read: the controller's role lacks the verb get on secrets in namespace shop; grant it as " +
        "the role sealpost-controller in deploy/rbac does (what the API server said)",
    );
  });

  it("says of a refused key that it is the controller's", () => {
    const refused = decide(observed({ refusal: refusal("UNAUTHENTICATED", "KEY_REVOKED") }));
    expect(verdictOf(refused).synced?.message).toBe(
      "Sealpost refuses the controller, not this resource: what the API said (whoever runs the controller sees to it)",
    );
    const plan = decide(observed({ refusal: refusal("PERMISSION_DENIED", "PLAN_REQUIRED") }));
    expect(verdictOf(plan).accepted?.message).toBe("what the API said");
  });

  it("says of what is not there where it is named", () => {
    const said = (type: string, name: string) => {
      const absent = { status: "NOT_FOUND", reason: "NOT_FOUND", message: "not here", resource: { type, name } };
      return verdictOf(decide(observed({ refusal: new ApiRefusal(absent) }))).accepted;
    };
    expect(said("workspace", "wsp_1")).toMatchObject({
      reason: "WorkspaceNotFound",
      message: expect.stringContaining("label sealpost.dev/workspace names wsp_1"),
    });
    expect(said("project", "prj_1")).toMatchObject({
      reason: "ProjectNotFound",
      message: expect.stringContaining("spec.projectID names prj_1"),
    });
  });

  it.each([
    ["UNAVAILABLE", "", /^the Sealpost API does not answer \(what the API said\): leave this resource as it is/, true],
    ["DEADLINE_EXCEEDED", "", /^the Sealpost API does not answer/, true],
    ["UNAVAILABLE", "RECORD_UNAVAILABLE", /^the Sealpost API cannot work at the moment \(what the API said\)/, true],
    ["INTERNAL", "INTERNAL", /^the Sealpost API failed \(what the API said\); trying again$/, false],
  ])("says of %s %s what is away, and leaves the time to the controller", (status, reason, message, away) => {
    const failed = refusal(status, reason, 1000);
    const { synced, again } = verdictOf(decide(observed({ refusal: failed })));
    expect(synced?.message).toMatch(message);
    expect(again).toBe("backoff");
    expect(isAway(failed)).toBe(away);
  });

  it("waits as long as the API asks", () => {
    const verdict = verdictOf(decide(observed({ refusal: refusal("RESOURCE_EXHAUSTED", "RATE_LIMITED", 7000) })));
    expect(verdict.again).toEqual({ at: new Date(now.getTime() + 7000) });
  });

  it("comes back when a secret expires or the next rotation is due, whichever is first", () => {
    const of = resource({ signing: { rotation: { interval: "2h", overlap: "1h" } } });
    const expires = new Date(now.getTime() + 1000).toISOString();
    const read = secrets(generated({ [names.previousExpiresAt]: expires }));
    expect(verdictOf(decide(observed({ resource: of, secrets: read }))).again).toEqual({ at: new Date(expires) });
    expect(verdictOf(decide(observed({ resource: of }))).again).toEqual({ at: new Date(now.getTime() + hour) });
  });
});
