import { type Finding, no, unknown, yes } from "./finding.ts";
import type { RemoteEndpoint } from "./ports.ts";

/** As many failed attempts in a row make an endpoint unhealthy: one alone may be a restart. */
const failuresInARow = 3;

/** What the receiver does with what is sent. No part of Ready: a customer's outage must not hold up a rollout. */
export function healthOf({
  statistics,
  status,
  reason,
}: Pick<RemoteEndpoint, "statistics" | "status" | "reason">): Finding {
  if (status === "DISABLED" && reason === "GONE") {
    return no(
      "Gone",
      "the receiver answered 410 Gone, so nothing is sent to it any more: mend it, then change the spec, or set paused to " +
        "true and back to false",
    );
  }
  const { attempts, consecutiveFailures, lastStatus } = statistics;
  if (attempts === 0) return unknown("NoDeliveries", "nothing has been sent to the receiver yet");
  if (consecutiveFailures >= failuresInARow) {
    const answer = lastStatus ? `answered HTTP ${lastStatus}` : "did not answer";
    return no("Failing", `the latest attempts failed: the receiver ${answer}; each is listed in Sealpost`);
  }
  return yes("Delivering", "the receiver takes what is sent");
}
