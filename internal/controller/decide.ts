import type { ManagedBy } from "../domain/entities.ts";
import { decideDeletion } from "./decide-deletion.ts";
import type { Decision, Handed, Observed, Verdict } from "./decision.ts";
import { type Finding, no, unknown, yes } from "./finding.ts";
import type { ApiRefusal, RemoteEndpoint, WantedEndpoint, WantedField } from "./ports.ts";
import { resolveWanted, secretNames, specHash } from "./references.ts";
import { againAfter, consequenceOf } from "./refusal.ts";
import { hasFinalizer, isReady, type WebhookEndpoint } from "./resource.ts";
import { secretRefused } from "./secret-refusal.ts";
import { planSigning } from "./signing-secret.ts";

/** A Secret that is missing is looked for again after this long, in ms: none are watched, so that nobody has to list them. */
const missingMs = 15_000;
/** What somebody else may bring at any time, without a change of the resource: no failure in the eyes of kstatus. */
const toCome = new Set(["SecretNotFound", "SecretKeyNotFound", "SecretKeyEmpty"]);

/** What to do next, or what to say. Pure: the same observations give the same decision. */
export function decide(observed: Observed): Decision {
  if (observed.resource.metadata.deletionTimestamp !== undefined) return decideDeletion(observed);
  const { resource, label, secrets, remote, refusal, secretRefusal, now } = observed;
  const unbound = bindingProblem(resource, label);
  if (unbound) return settled({ accepted: unbound, progress: "stalled" });
  const accepted = yes("Accepted", "the spec is allowed");
  if (refusal) return { settled: refused(refusal, observed) };
  if (!hasFinalizer(resource)) return { step: { do: "setFinalizer", held: true } };

  if (secretRefusal) return settled({ accepted, ...secretRefused(secretRefusal, resource, now) });
  const unread = secretNames(resource).filter((name) => !secrets.has(name));
  if (unread.length > 0) return { step: { do: "readSecrets", names: unread } };
  const wanted = resolveWanted(resource, secrets);
  if ("reason" in wanted) return settled(missing(wanted, now));
  const key = planSigning(resource, secrets, observed.handed.digest, now);
  if ("reason" in key) return settled(missing(key, now));
  if ("write" in key) return { step: { do: "writeSecret", name: signingName(resource), change: key.write } };
  const resolvedRefs = yes("Resolved", "what the spec refers to is there");
  const conflict = (finding: Finding): Decision =>
    settled({ accepted, resolvedRefs, synced: finding, progress: "stalled", key });

  if (remote === undefined) return { step: { do: "readEndpoint" } };
  const { externalID } = resource.spec;
  const hash = specHash(resource, secrets);
  if (remote === null) {
    if (externalID !== undefined) return conflict(notThere(externalID));
    const again = resource.status?.endpointID !== undefined;
    const workspaceId = resource.status?.workspaceID ?? label ?? "";
    return { step: { do: "create", workspaceId, wanted, key, hash, again } };
  }
  const { id } = remote;
  if (remote.workspaceId !== label) return conflict(elsewhere(remote, label));
  if (remote.managedBy && remote.managedBy.uid !== resource.metadata.uid) return conflict(theirs(id, remote.managedBy));
  if (!remote.managedBy) return { step: { do: "adopt", id } };

  const fields = observed.updated ? [] : differing(wanted, remote, observed.handed, hash);
  const drift = observed.handed.hash === hash;
  if (fields.length > 0) return { step: { do: "update", id, wanted, fields, hash, drift } };
  const toggle = switching(observed, remote);
  if (toggle) return { step: { do: toggle, id, drift } };
  const { digest, keyID } = observed.handed;
  const replaced = keyID !== undefined && keyID !== remote.keyID;
  if (digest !== key.digest || replaced) {
    return { step: { do: "rotate", id, key, drift: digest === key.digest } };
  }

  const due = [key.rotationDueAt, key.previousExpiresAt].filter((at) => at !== undefined);
  const [next] = due.toSorted((a, b) => a.getTime() - b.getTime());
  const suspended = remote.status === "SUSPENDED" && suspendedBy(remote.reason);
  return settled({
    accepted: suspended || accepted,
    resolvedRefs,
    synced: yes("Synced", resource.spec.paused ? "Sealpost has it, paused" : "Sealpost has it"),
    progress: suspended ? "stalled" : "done",
    key,
    hash,
    ...(next && { again: { at: next } }),
  });
}

function settled(verdict: Verdict): Decision {
  return { settled: verdict };
}

function signingName(resource: WebhookEndpoint): string {
  return secretNames(resource).at(-1) ?? "";
}

/** Why a resource cannot be where it is. An endpoint stays in the workspace that it was made in. */
function bindingProblem({ metadata, status }: WebhookEndpoint, label: string | undefined): Finding | undefined {
  const { namespace } = metadata;
  if (status?.workspaceID !== undefined && status.workspaceID !== label) {
    const now = label === undefined ? "no workspace" : `workspace ${label}`;
    return no(
      "WorkspaceChanged",
      `the endpoint is in workspace ${status.workspaceID}, and namespace ${namespace} belongs to ${now} now: endpoints do ` +
        "not move, so set the namespace's label back, or delete this resource and make it again",
    );
  }
  if (label !== undefined) return undefined;
  return no(
    "NamespaceNotBound",
    `namespace ${namespace} belongs to no workspace: ask whoever may edit it to run ` +
      `kubectl label namespace ${namespace} sealpost.dev/workspace=wsp_…`,
  );
}

function missing(finding: Finding, now: Date): Verdict {
  return {
    accepted: yes("Accepted", "the spec is allowed"),
    resolvedRefs: finding,
    progress: toCome.has(finding.reason) ? "working" : "stalled",
    again: { at: new Date(now.getTime() + missingMs) },
  };
}

function notThere(externalID: string): Finding {
  return no(
    "EndpointNotFound",
    `there is no endpoint ${externalID} in this company: make another WebhookEndpoint, with the right externalID or none`,
  );
}

function elsewhere({ id, workspaceId }: RemoteEndpoint, label: string | undefined): Finding {
  return no(
    "WorkspaceMismatch",
    `endpoint ${id} is in workspace ${workspaceId}, and this namespace belongs to ${label}: make this resource in a ` +
      "namespace of that workspace",
  );
}

function theirs(id: string, { cluster, namespace, name }: ManagedBy): Finding {
  return no(
    "Conflict",
    `endpoint ${id} is managed by WebhookEndpoint ${namespace}/${name} in cluster ${cluster}, and nothing is taken from ` +
      "another resource: delete one of the two; with deletionPolicy Retain the endpoint stays and can be adopted",
  );
}

/** The fields that are not as wanted. Header values are never shown: their version tells whether they are ours. */
function differing(wanted: WantedEndpoint, remote: RemoteEndpoint, handed: Handed, hash: string): WantedField[] {
  const headerNames = Object.keys(wanted.headers).toSorted();
  const overwritten = handed.headersVersion !== undefined && handed.headersVersion !== remote.headersVersion;
  const stale = headerNames.length > 0 && (handed.hash !== hash || overwritten);
  const lower = (texts: string[]) => texts.map((text) => text.toLowerCase()).toSorted();
  const differs: Record<WantedField, boolean> = {
    url: wanted.url !== remote.url,
    events: wanted.events.toSorted().join() !== remote.events.toSorted().join(),
    description: wanted.description !== remote.description,
    maxInFlight: wanted.maxInFlight !== remote.maxInFlight,
    headers: lower(headerNames).join() !== lower(remote.headerNames).join() || stale,
  };
  return (Object.keys(differs) as WantedField[]).filter((field) => differs[field]);
}

/** An endpoint whose receiver answered 410 is tried again when somebody changes the spec, and not by itself. */
function switching({ resource }: Observed, remote: RemoteEndpoint): "enable" | "disable" | undefined {
  if (resource.spec.paused) return remote.status === "ACTIVE" ? "disable" : undefined;
  if (remote.status !== "DISABLED") return undefined;
  const changed = resource.status?.observedGeneration !== resource.metadata.generation;
  return remote.reason === "GONE" && !changed ? undefined : "enable";
}

function suspendedBy(reason: string): Finding {
  if (reason === "PLAN") {
    return no(
      "PlanRequired",
      "the company's plan does not include webhook endpoints, so deliveries are held: ask the operator for the GROWTH or " +
        "ENTERPRISE plan",
    );
  }
  return no("Suspended", `Sealpost has suspended the endpoint (${reason}), so deliveries are held: ask its operator`);
}

function refused(refusal: ApiRefusal, { resource, now }: Observed): Verdict {
  const { about, finding, next, afterMs } = consequenceOf(refusal);
  // Nobody asked for a change, and what was handed over stands: that the API is away makes nothing less ready.
  const standing = finding.status === "Unknown" && isReady(resource);
  return {
    accepted: about === "Accepted" ? finding : yes("Accepted", "the spec is allowed"),
    resolvedRefs: yes("Resolved", "what the spec refers to is there"),
    synced:
      about === "Accepted"
        ? unknown("NotAccepted", "nothing is handed over until the spec is accepted")
        : standing
          ? finding
          : { ...finding, status: "False" },
    progress: standing ? "done" : next === "soon" ? "working" : "stalled",
    again: againAfter(next, afterMs, now),
  };
}
