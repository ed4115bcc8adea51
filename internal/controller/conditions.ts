/** A condition of an object (meta/v1): what is true of it, since when, and of which generation of its spec. */
export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  observedGeneration: number;
  /** When `status` became what it is, RFC 3339 in whole seconds. */
  lastTransitionTime: string;
  /** One CamelCase word that a program can match. */
  reason: string;
  /** For a person: what is wrong and what to do. */
  message: string;
}

/** What a decision says; the rest follows from what stood there. */
export type Finding = Pick<Condition, "type" | "status" | "reason" | "message">;

/**
 * The conditions that say what was found about this generation. The time is that of the status' last change, not of
 * the last look; a condition that tells of a newer generation was written by one who knows more, and stays. Conditions
 * of other types are somebody else's and are not in the answer.
 */
export function conditionsOf(
  findings: readonly Finding[],
  generation: number,
  before: readonly Condition[],
  now: Date,
): Condition[] {
  return findings.map((finding) => {
    const standing = before.find(({ type }) => type === finding.type);
    if (standing && standing.observedGeneration > generation) return standing;
    const kept = standing?.status === finding.status ? standing.lastTransitionTime : undefined;
    return { ...finding, observedGeneration: generation, lastTransitionTime: kept ?? wholeSeconds(now) };
  });
}

/** A Time as meta/v1 writes it. */
function wholeSeconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
