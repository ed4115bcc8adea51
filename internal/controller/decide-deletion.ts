import type { Decision, Observed } from "./decision.ts";
import { againAfter, consequenceOf } from "./refusal.ts";
import { hasFinalizer } from "./resource.ts";

/**
 * What to do for a resource that somebody deleted. Its finalizer stays until the endpoint is dealt with, however long
 * the API is away; what is not this resource's is left as it is.
 */
export function decideDeletion({ resource, remote, refusal, now }: Observed): Decision {
  if (!hasFinalizer(resource)) return { settled: { progress: "done" } };
  if (refusal) {
    const { finding, next, afterMs } = consequenceOf(refusal);
    const what = resource.spec.deletionPolicy === "Retain" ? "released" : "deleted";
    const message = `this resource stays until its endpoint is ${what}: ${finding.message}`;
    const synced = { ...finding, status: "False" as const, message };
    const progress = next === "soon" ? "working" : "stalled";
    return { settled: { synced, progress, again: againAfter(next, afterMs, now) } };
  }
  if (remote === undefined) return { step: { do: "readEndpoint" } };
  if (remote?.managedBy?.uid !== resource.metadata.uid) return { step: { do: "setFinalizer", held: false } };
  return { step: { do: resource.spec.deletionPolicy === "Retain" ? "release" : "delete", id: remote.id } };
}
