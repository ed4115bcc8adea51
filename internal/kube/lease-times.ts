/** How long a lease lasts, is believed and until it is renewed, in ms: in the proportions of client-go, 15, 10 and 2 s. */
export function leaseTimes(durationMs: number) {
  return { durationMs, renewDeadlineMs: Math.round((durationMs * 2) / 3), retryMs: Math.round((durationMs * 2) / 15) };
}
