import type { Verdict } from "./decision.ts";
import { type Finding, no, unknown } from "./finding.ts";
import type { SecretRefusal } from "./ports.ts";
import { againAfter } from "./refusal.ts";
import { isReady, type WebhookEndpoint } from "./resource.ts";

/** What to say of a resource whose Secret the API server does not let be read or written. */
export function secretRefused(
  refusal: SecretRefusal,
  resource: WebhookEndpoint,
  now: Date,
): Pick<Verdict, "resolvedRefs" | "progress" | "again"> {
  if (refusal.because === "failed") {
    // What was handed over stands: that Kubernetes has trouble makes nothing less ready.
    const standing = isReady(resource);
    const { reason, message } = unavailable(refusal);
    const resolvedRefs = (standing ? unknown : no)(reason, message);
    return { resolvedRefs, progress: standing ? "done" : "working", again: "backoff" };
  }
  const resolvedRefs = refusal.because === "rights" ? forbidden(refusal, resource) : refused(refusal);
  return { resolvedRefs, progress: "stalled", again: againAfter("change", undefined, now) };
}

const attempts: Record<SecretRefusal["verb"], string> = { get: "read", create: "made", update: "changed" };

/** The message of the API server names the service account. */
function forbidden({ verb, secret, message }: SecretRefusal, { metadata }: WebhookEndpoint): Finding {
  return no(
    "SecretForbidden",
    `Secret ${secret} cannot be ${attempts[verb]}: the controller's role lacks the verb ${verb} on secrets in namespace ` +
      `${metadata.namespace}; grant it as the role sealpost-controller in deploy/rbac does (${message})`,
  );
}

function refused({ verb, secret, message }: SecretRefusal): Finding {
  return no("SecretRefused", `Secret ${secret} cannot be ${attempts[verb]}: mend what Kubernetes names (${message})`);
}

function unavailable({ verb, secret, message }: SecretRefusal): Pick<Finding, "reason" | "message"> {
  const what = `Secret ${secret} cannot be ${attempts[verb]} at the moment (${message}); trying again`;
  return { reason: "SecretUnavailable", message: what };
}
