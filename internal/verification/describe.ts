import type { ShownAttempt, ShownDelivery } from "./ports.ts";

/** "attempt 1: SUCCESS, 200, in 23 ms, from pod x" */
export function describeAttempt({ number, outcome, httpStatus, error, pod, totalMs }: ShownAttempt): string {
  const parts = [
    outcome,
    httpStatus > 0 && String(httpStatus),
    error,
    `in ${Math.round(totalMs)} ms`,
    `from pod ${pod}`,
  ];
  return `attempt ${number}: ${parts.filter(Boolean).join(", ")}`;
}

/** What is known of a delivery that did not succeed in time, and where to look. */
export function whyNotDelivered(delivery: ShownDelivery | undefined, eventId: string): string {
  if (!delivery) return `time was up before event ${eventId} could be followed`;
  const { id, status, region, heldReason, failureReason, nextAttemptAt, attempts } = delivery;
  const last = attempts.at(-1);
  const about = `delivery ${id} is ${status}`;
  if (heldReason !== "") return `${about} and on hold: ${heldReason}`;
  if (!last) {
    return `${about}, and nothing was tried: look at the delivery pods of region ${region}, and at its NATS`;
  }
  const next = nextAttemptAt ? `; the next attempt is due ${nextAttemptAt.toISOString()}` : "";
  const hint =
    last.outcome === "BLOCKED"
      ? "; the company's delivery networks must have that address (SetDeliveryNetworks), and EGRESS_DENY_CIDRS must not"
      : "";
  return `${about}${failureReason && ` (${failureReason})`} after ${describeAttempt(last)}${hint}${next}`;
}
