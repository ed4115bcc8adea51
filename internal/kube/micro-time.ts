/** A MicroTime: the API server refuses one with other than six digits below the second. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("Z", "000Z");
}
