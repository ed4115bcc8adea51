/** A field of a stream or consumer that is not as it should be. */
export interface Drift {
  field: string;
  wanted: unknown;
  actual: unknown;
}

/** What the server says of a stream or consumer, held against what was wanted: servers ignore unknown fields silently. */
export function driftOf(wanted: object, actual: object): Drift[] {
  const seen = actual as Record<string, unknown>;
  return Object.entries(wanted)
    .map(([field, value]) => ({ field, wanted: value, actual: seen[field] }))
    .filter((drift) => JSON.stringify(drift.wanted) !== JSON.stringify(drift.actual));
}

export function describeDrift(drifts: Drift[]): string {
  return drifts
    .map(({ field, wanted, actual }) => `${field} is ${JSON.stringify(actual)}, should be ${JSON.stringify(wanted)}`)
    .join("; ");
}
