import { type Finding, no, unknown } from "./finding.ts";
import { ApiRefusal } from "./ports.ts";

/** What a refusal of the API means for a resource. */
export interface Consequence {
  /** The condition that says it. */
  about: "Accepted" | "Synced";
  finding: Finding;
  /** `soon`: trying again may help. `change`: somebody has to do something first. */
  next: "soon" | "change";
  /** How long the API asks to wait, in ms. */
  afterMs: number | undefined;
}

/** The API does not answer, or lacks what it needs itself: no resource will have more luck. */
const away = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED"]);
/** Something broke off. */
const broken = new Set(["INTERNAL", "UNKNOWN", "CANCELLED", "ABORTED"]);

/** What the spec's author has to mend; every other refusal is about the controller or the endpoint. */
const aboutTheSpec = new Set(["INVALID_REQUEST", "PLAN_REQUIRED", "ENDPOINT_LIMIT", "NOT_FOUND"]);

/** Its key or its address, of which who wrote the resource knows nothing. */
const aboutTheController = new Set(["UNAUTHENTICATED", "PERMISSION_DENIED"]);

/** Whether it passes by itself: nothing is wrong with what was asked. */
export function isPassing({ status }: ApiRefusal): boolean {
  return away.has(status) || broken.has(status);
}

/** Whether it was thrown because the API is away, for every resource alike. */
export function isAway(error: unknown): boolean {
  return error instanceof ApiRefusal && away.has(error.status);
}

/** Reads a refusal. A reason stays the API's own, in the spelling of Kubernetes: PLAN_REQUIRED is PlanRequired. */
export function consequenceOf(refusal: ApiRefusal): Consequence {
  const { status, reason, message, resource, retryAfterMs: afterMs } = refusal;
  if (isPassing(refusal)) {
    const finding = unknown("ApiUnavailable", unavailable(refusal));
    // Nothing is wrong with the resource. How long to wait is for the controller to say, for all resources together.
    return { about: "Synced", finding, next: "soon", afterMs: undefined };
  }
  // A workspace of another company, or a project of another workspace, is one that is not there.
  const name = camelCase(status === "NOT_FOUND" && resource.type ? `${resource.type}_NOT_FOUND` : reason || status);
  if (status === "RESOURCE_EXHAUSTED" && reason !== "ENDPOINT_LIMIT") {
    // A limit says nothing about the resource: what was ready stays so, as while the API is away.
    return { about: "Synced", finding: unknown(name, `${message}; trying again`), next: "soon", afterMs };
  }
  const about = aboutTheSpec.has(reason) ? "Accepted" : "Synced";
  const text =
    status === "NOT_FOUND"
      ? (absent(resource) ?? message)
      : about === "Synced" && aboutTheController.has(status)
        ? `Sealpost refuses the controller, not this resource: ${message} (whoever runs the controller sees to it)`
        : message;
  return { about, finding: no(reason === "MANAGED" ? "Conflict" : name, text), next: "change", afterMs };
}

function unavailable({ status, reason, message }: ApiRefusal): string {
  if (broken.has(status)) return `the Sealpost API failed (${message}); trying again`;
  const how = reason === "" ? "does not answer" : "cannot work at the moment";
  return (
    `the Sealpost API ${how} (${message}): leave this resource as it is, it goes on within 15 s of the API's return, ` +
    "to which whoever runs Sealpost sees"
  );
}

/** The API speaks of ids and keys, of which who wrote the resource sees little. */
function absent({ type, name }: ApiRefusal["resource"]): string | undefined {
  if (type === "workspace") {
    return (
      `the namespace's label sealpost.dev/workspace names ${name}, which the company that this controller serves does ` +
      "not have: set it to one of its workspaces"
    );
  }
  if (type !== "project") return undefined;
  return (
    `spec.projectID names ${name}, which the namespace's workspace does not have: make another WebhookEndpoint, with ` +
    "the right projectID or none"
  );
}

/** What waits for somebody is looked at again now and then: an allowlist or a plan changes without the resource. */
const changeMs = 60_000;

/** When to try again. */
export function againAfter(
  next: Consequence["next"],
  afterMs: number | undefined,
  now: Date,
): { at: Date } | "backoff" {
  if (next === "change") return { at: new Date(now.getTime() + Math.max(afterMs ?? 0, changeMs)) };
  return afterMs === undefined ? "backoff" : { at: new Date(now.getTime() + afterMs) };
}

function camelCase(reason: string): string {
  return reason
    .toLowerCase()
    .replace(/(^|_)([a-z0-9])/g, (_all, _bar, letter: string) => letter.toUpperCase())
    .replace(/[^A-Za-z0-9]/g, "");
}
