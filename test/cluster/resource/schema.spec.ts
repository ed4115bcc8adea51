import { beforeAll, expect, it } from "@jest/globals";
import type { WebhookEndpointSpec, WebhookEndpointStatus } from "../../../internal/controller/resource.ts";
import { type Cluster, sharedCluster } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { installResources, webhookEndpoint } from "../../harness/install.ts";

const id = (prefix: string, end = "0") => `${prefix}_01h0000000000000000000000${end}`;
const url = "https://example.com/hooks";
const good = { url, events: ["invoice.paid"] };
const secret = (name = "hooks", key = "token") => ({ secretKeyRef: { name, key } });
const many = (count: number, make: (i: number) => unknown) => Array.from({ length: count }, (_, i) => make(i));

describeCluster("WebhookEndpoint", () => {
  let cluster: Cluster;
  let namespace: string;
  beforeAll(async () => {
    cluster = sharedCluster();
    await installResources(cluster);
    namespace = await cluster.namespace();
  });

  const tried = (spec: object, name = "orders") =>
    cluster.kubectl(["apply", "--dry-run=server", "-f", "-"], JSON.stringify(webhookEndpoint(namespace, name, spec)));

  it.each<[string, object]>([
    ["a URL and event types", good],
    ["http, which the API judges", { ...good, url: "http://localhost:3001" }],
    ["all event types", { ...good, events: ["*"] }],
    ["as many event types as there may be", { ...good, events: many(100, (i) => `e.${i}`) }],
    ["a URL of 2048 characters", { ...good, url: `${url}/`.padEnd(2048, "x") }],
    ["a URL from a Secret", { events: ["*"], urlFrom: secret() }],
    ["20 headers", { ...good, headers: many(20, (i) => ({ name: `X-${i}`, value: "v".repeat(1024) })) }],
    ["a header from a Secret", { ...good, headers: [{ name: "Authorization", valueFrom: secret() }] }],
    ["a Secret of one's own", { ...good, signing: { secretRef: { name: "own" } } }],
    ["a generated Secret with a name", { ...good, signing: { generate: { secretName: "orders.signing" } } }],
    ["rotation", { ...good, signing: { rotation: { interval: "720h", overlap: "1h30m" } } }],
    ["no overlap", { ...good, signing: { rotation: { interval: "1m", overlap: "0s" } } }],
    [
      "everything else",
      { ...good, paused: true, description: "d", projectID: id("prj"), maxInFlight: 1000, deletionPolicy: "Retain" },
    ],
    ["an endpoint to adopt", { ...good, externalID: id("whe") }],
  ])("takes %s", async (_name, spec) => {
    expect(await tried(spec)).toMatchObject({ code: 0, stdout: expect.stringContaining("server dry run") });
  });

  const oneOf = 'spec: Invalid value: "object": set exactly one of url and urlFrom';
  const noUrl =
    "must be an absolute URL that starts with https:// (or http:// in development), such as https://example.com/hooks";
  const noType = 'must be an event type (letters, digits and _ in parts joined by dots, such as invoice.paid) or "*"';
  const noInterval = "must be a duration in h, m and s from 1m to 87600h (ten years), such as 2160h";
  const noOverlap = "must be a duration in h, m and s of at most 168h, such as 24h";
  const rotation = (each: object) => ({ ...good, signing: { rotation: each } });

  it.each<[string, object, string]>([
    ["neither url nor urlFrom", { events: ["*"] }, oneOf],
    ["both", { ...good, urlFrom: secret() }, oneOf],
    ["no scheme", { ...good, url: "example.com/hooks" }, `spec.url: Invalid value: "string": ${noUrl}`],
    ["a path", { ...good, url: "/hooks" }, noUrl],
    ["another scheme", { ...good, url: "ftp://example.com" }, noUrl],
    ["no host", { ...good, url: "https:///hooks" }, noUrl],
    ["an empty URL", { ...good, url: "" }, "spec.url in body should be at least 1 chars long"],
    [
      "a long URL",
      { ...good, url: `${url}/`.padEnd(2049, "x") },
      "spec.url: Too long: may not be more than 2048 bytes",
    ],
    [
      "no key",
      { events: ["*"], urlFrom: { secretKeyRef: { name: "hooks" } } },
      "spec.urlFrom.secretKeyRef.key: Required value",
    ],
    [
      "an odd key",
      { events: ["*"], urlFrom: secret("hooks", "a b") },
      "spec.urlFrom.secretKeyRef.key in body should match",
    ],
    ["no event types", { url }, "spec.events: Required value"],
    ["an empty list", { url, events: [] }, "spec.events in body should have at least 1 items"],
    [
      "too many",
      { url, events: many(101, (i) => `e.${i}`) },
      "spec.events: Too many: 101: must have at most 100 items",
    ],
    ["one twice", { url, events: ["a", "a"] }, 'spec.events[1]: Duplicate value: "a"'],
    ["an odd one", { url, events: ["a b"] }, `spec.events[0]: Invalid value: "string": ${noType}`],
    ["a pattern", { url, events: ["order.*"] }, noType],
    ["a long one", { url, events: ["e".repeat(129)] }, "spec.events[0]: Too long: may not be more than 128 bytes"],
    [
      "all and some",
      { url, events: ["*", "a"] },
      'spec.events: Invalid value: "array": "*" stands for all event types: leave the others out',
    ],
    [
      "a long description",
      { ...good, description: "d".repeat(1025) },
      "spec.description: Too long: may not be more than 1024 bytes",
    ],
    ["an odd project", { ...good, projectID: "orders" }, "spec.projectID in body should match '^prj_"],
    ["an odd endpoint", { ...good, externalID: "whe_1" }, "spec.externalID in body should match '^whe_"],
    [
      "a project for an adopted endpoint",
      { ...good, externalID: id("whe"), projectID: id("prj") },
      "leave projectID out with externalID: an adopted endpoint keeps its project",
    ],
    [
      "a header without a value",
      { ...good, headers: [{ name: "A" }] },
      'spec.headers[0]: Invalid value: "object": set exactly one of value and valueFrom',
    ],
    [
      "one with two",
      { ...good, headers: [{ name: "A", value: "v", valueFrom: secret() }] },
      "set exactly one of value and valueFrom",
    ],
    [
      "a header twice",
      {
        ...good,
        headers: [
          { name: "A", value: "v" },
          { name: "A", value: "w" },
        ],
      },
      "spec.headers[1]: Duplicate value",
    ],
    [
      "twice in another case",
      {
        ...good,
        headers: [
          { name: "A", value: "v" },
          { name: "a", value: "w" },
        ],
      },
      "name each header once: X-Team and x-team are the same header",
    ],
    [
      "too many headers",
      { ...good, headers: many(21, (i) => ({ name: `X-${i}`, value: "v" })) },
      "spec.headers: Too many: 21: must have at most 20 items",
    ],
    [
      "an odd header name",
      { ...good, headers: [{ name: "A:", value: "v" }] },
      "spec.headers[0].name in body should match",
    ],
    [
      "a long header name",
      { ...good, headers: [{ name: "A".repeat(65), value: "v" }] },
      "spec.headers[0].name: Too long: may not be more than 64 bytes",
    ],
    [
      "a long header value",
      { ...good, headers: [{ name: "A", value: "v".repeat(1025) }] },
      "spec.headers[0].value: Too long: may not be more than 1024 bytes",
    ],
    [
      "two signing secrets",
      { ...good, signing: { secretRef: { name: "a" }, generate: { secretName: "b" } } },
      "set at most one of secretRef (a Secret of your own) and generate (one that the controller writes)",
    ],
    [
      "an odd Secret name",
      { ...good, signing: { generate: { secretName: "B_" } } },
      "spec.signing.generate.secretName in body should match",
    ],
    [
      "an interval for one's own Secret",
      { ...good, signing: { secretRef: { name: "a" }, rotation: { interval: "48h" } } },
      'spec.signing.rotation.interval: Invalid value: "object": needs a generated secret',
    ],
    ["an interval that is none", rotation({ interval: "3 months" }), noInterval],
    ["in days", rotation({ interval: "90d" }), noInterval],
    ["a short one", rotation({ interval: "59s", overlap: "0s" }), noInterval],
    ["a long one", rotation({ interval: "87601h" }), noInterval],
    ["an overlap that is none", rotation({ overlap: "a day" }), noOverlap],
    ["a long overlap", rotation({ overlap: "168h1s" }), noOverlap],
    [
      "an interval within the overlap",
      rotation({ interval: "24h" }),
      "must be longer than overlap, so that no more than two secrets are valid at once",
    ],
    ["nothing in flight", { ...good, maxInFlight: 0 }, "spec.maxInFlight in body should be greater than or equal to 1"],
    [
      "too much in flight",
      { ...good, maxInFlight: 1001 },
      "spec.maxInFlight in body should be less than or equal to 1000",
    ],
    [
      "another policy",
      { ...good, deletionPolicy: "Keep" },
      'spec.deletionPolicy: Unsupported value: "Keep": supported values: "Delete", "Retain"',
    ],
    ["a field that it does not have", { ...good, retries: 5 }, 'unknown field "spec.retries"'],
  ])("refuses %s", async (_name, spec, message) => {
    const { code, stderr } = await tried(spec);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  it("refuses a name that would not leave room for that of the signing Secret", async () => {
    expect(await tried(good, "o".repeat(63))).toMatchObject({ code: 0 });
    expect((await tried(good, "o".repeat(64))).stderr).toContain(
      "metadata.name must have at most 63 characters: the signing Secret is named after it",
    );
  });

  it.each([
    ["projectID", id("prj"), id("prj", "1"), "cannot be changed, since events that wait for it belong to the project"],
    [
      "externalID",
      id("whe"),
      id("whe", "1"),
      "cannot be changed: make another WebhookEndpoint to adopt another endpoint",
    ],
  ])("lets nobody change %s: neither to another one, nor away, nor in", async (field, one, other, message) => {
    const [bare, named] = [`${field}-bare`.toLowerCase(), `${field}-named`.toLowerCase()];
    await cluster.apply(
      webhookEndpoint(namespace, bare, good),
      webhookEndpoint(namespace, named, { ...good, [field]: one }),
    );
    for (const [name, value] of [
      [named, other],
      [named, null],
      [bare, one],
    ] as const) {
      const patch = JSON.stringify({ spec: { [field]: value } });
      const { stderr } = await cluster.kubectl(["patch", "whe", name, "-n", namespace, "--type=merge", "-p", patch]);
      expect(stderr).toContain(`spec.${field}: Forbidden: ${message}`);
    }
  });

  it("fills in what is not said, and waits for a controller", async () => {
    await cluster.apply(webhookEndpoint(namespace, "defaults", good));
    const found = await cluster.get<{ spec: object; status: object }>("whe", "defaults", "-n", namespace);
    expect(found?.spec).toEqual({
      ...good,
      paused: false,
      maxInFlight: 64,
      deletionPolicy: "Delete",
      signing: { rotation: { overlap: "24h" } },
    });
    expect(found?.status).toMatchObject({
      conditions: [
        { type: "Ready", status: "Unknown", reason: "Pending" },
        { type: "Accepted", status: "Unknown", reason: "Pending" },
      ],
    });
    expect(await cluster.ask("get", "sealpost", "-n", namespace, "-o", "name")).toContain(
      "webhookendpoint.sealpost.dev/defaults",
    );
  });

  it("has in TypeScript the fields that the definition has", async () => {
    const definition = await cluster.get<Definition>("crd", "webhookendpoints.sealpost.dev");
    const { spec, status } = definition?.spec.versions[0]?.schema.openAPIV3Schema.properties ?? {};
    expect(paths(spec)).toEqual(pathsOf(wholeSpec));
    expect(paths(status)).toEqual(pathsOf(wholeStatus));
  });
});

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
}

interface Definition {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
}

type Whole<T> = T extends (infer Each)[] ? Whole<Each>[] : T extends object ? { [K in keyof T]-?: Whole<T[K]> } : T;

const ref = { name: "", key: "" };
/** With every field that the type has: the compiler sees to that. */
const wholeSpec: Whole<WebhookEndpointSpec> = {
  url: "",
  urlFrom: { secretKeyRef: ref },
  events: [""],
  paused: false,
  description: "",
  projectID: "",
  headers: [{ name: "", value: "", valueFrom: { secretKeyRef: ref } }],
  signing: { secretRef: ref, generate: { secretName: "" }, rotation: { interval: "", overlap: "" } },
  maxInFlight: 1,
  deletionPolicy: "Delete",
  externalID: "",
};
const wholeStatus: Whole<WebhookEndpointStatus> = {
  observedGeneration: 1,
  endpointID: "",
  workspaceID: "",
  region: "",
  specHash: "",
  lastSuccessTime: "",
  signing: { secretRef: ref, activeKeyID: "", previousKeyExpiresAt: "" },
  conditions: [{ type: "", status: "True", reason: "", message: "", observedGeneration: 1, lastTransitionTime: "" }],
};

function paths(schema: Schema = {}, at = ""): string[] {
  if (schema.items) return paths(schema.items, `${at}[]`);
  if (!schema.properties) return [at];
  return Object.entries(schema.properties)
    .flatMap(([name, field]) => paths(field, `${at}.${name}`))
    .toSorted();
}

function pathsOf(value: unknown, at = ""): string[] {
  if (Array.isArray(value)) return pathsOf(value[0], `${at}[]`);
  if (typeof value !== "object" || value === null) return [at];
  return Object.entries(value)
    .flatMap(([name, field]) => pathsOf(field, `${at}.${name}`))
    .toSorted();
}
