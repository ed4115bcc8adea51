import { conditionsOf } from "./conditions.ts";
import type { Observed, Verdict } from "./decision.ts";
import { type Finding, no, yes } from "./finding.ts";
import { healthOf } from "./health.ts";
import type { ConditionType, WebhookEndpoint, WebhookEndpointStatus } from "./resource.ts";

const hourMs = 3_600_000;

/**
 * The status after a verdict. What this verdict does not say stays as it was; a condition keeps its time while its
 * status stays.
 */
export function statusAfter(observed: Observed, verdict: Verdict): WebhookEndpointStatus {
  const { resource, remote, now } = observed;
  const { generation = 0, uid } = resource.metadata;
  // Somebody else's endpoint is no part of this resource's status.
  const own = remote?.managedBy?.uid === uid ? remote : undefined;
  const before = resource.status ?? {};
  const problem = problemOf(verdict);
  const said: [ConditionType, Finding | undefined][] = [
    ["Ready", readiness(resource, verdict)],
    ["Accepted", verdict.accepted],
    ["ResolvedRefs", verdict.resolvedRefs],
    ["Synced", verdict.synced],
    ["Healthy", own && healthOf(own)],
  ];
  const standing = before.conditions ?? [];
  const conditions = said.flatMap(([type, finding]) => {
    if (finding) return conditionsOf([{ type, ...finding }], generation, standing, now);
    return standing.find((condition) => condition.type === type) ?? [];
  });
  // As kstatus reads them: present while true.
  const abnormal = { done: undefined, working: "Reconciling", stalled: "Stalled" }[verdict.progress];
  if (abnormal) {
    const { reason, message } = problem ?? { reason: "Working", message: "it goes on by itself" };
    const finding = yes(reason, message);
    conditions.push(...conditionsOf([{ type: abnormal, ...finding }], generation, standing, now));
  }
  const signing = signingAfter(observed, verdict);
  const success = lastSuccess(before.lastSuccessTime, own?.statistics.lastSuccessAt);
  return {
    observedGeneration: generation,
    ...optional("endpointID", own?.id ?? before.endpointID),
    ...optional("workspaceID", own?.workspaceId ?? before.workspaceID),
    ...optional("region", own?.region ?? before.region),
    ...optional("specHash", handedOver(observed, verdict) ?? before.specHash),
    ...optional("lastSuccessTime", success),
    ...optional("signing", signing),
    conditions,
  };
}

/** Ready is Accepted, ResolvedRefs and Synced together. */
function readiness(resource: WebhookEndpoint, verdict: Verdict): Finding | undefined {
  const problem = problemOf(verdict);
  if (problem) return no(problem.reason, problem.message);
  if (!verdict.synced) return undefined;
  if (resource.spec.paused) return yes("Paused", "paused: what waits is held, and nothing new is taken");
  return yes("Ready", "events are delivered as the spec says");
}

function problemOf({ accepted, resolvedRefs, synced }: Verdict): Finding | undefined {
  return [accepted, resolvedRefs, synced].find((finding) => finding?.status === "False");
}

/** Digests of what cannot be read back, and the version of the headers that came of it; reconciler.ts reads it. */
function handedOver({ resource, remote }: Observed, { hash, key }: Verdict): string | undefined {
  if (!hash || !key) return undefined;
  const headers = resource.spec.headers?.length ? `-${remote?.headersVersion}` : "";
  return `${hash}-${key.digest}${headers}`;
}

function signingAfter({ resource, handed, remote }: Observed, { key }: Verdict) {
  if (!key) return resource.status?.signing;
  const expires = remote?.previousKeyExpiresAt;
  return {
    secretRef: key.ref,
    ...optional("activeKeyID", handed.keyID),
    ...optional("previousKeyExpiresAt", expires ? seconds(expires) : undefined),
  };
}

/** To the hour: a status that follows every delivery would be written all the time. */
function lastSuccess(before: string | undefined, latest: Date | null | undefined): string | undefined {
  if (!latest) return before;
  return seconds(new Date(Math.floor(latest.getTime() / hourMs) * hourMs));
}

/** As Kubernetes writes times. */
function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

function optional<K extends string, V>(name: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [name in K]: V });
}
