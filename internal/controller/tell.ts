import type { Observed, Step } from "./decision.ts";
import type { ResourceEvent } from "./ports.ts";
import type { WebhookEndpoint, WebhookEndpointStatus } from "./resource.ts";

/** What people are told of a step that was made; undefined: nothing. */
export function eventOfStep(step: Step, { remote, resource, handed }: Observed): ResourceEvent | undefined {
  const id = remote?.id ?? resource.status?.endpointID ?? "";
  const normal = (reason: string, action: string, message: string) =>
    ({ type: "Normal", reason, action, message }) as const;
  switch (step.do) {
    case "create": {
      if (!step.again) return normal("EndpointCreated", "CreateEndpoint", `made endpoint ${id}`);
      const message = `endpoint ${resource.status?.endpointID} was deleted outside of Kubernetes; made ${id} in its place`;
      return { type: "Warning", reason: "EndpointRecreated", action: "CreateEndpoint", message };
    }
    case "adopt":
      return normal("EndpointAdopted", "AdoptEndpoint", `took endpoint ${id} over`);
    case "update": {
      const what = step.fields.join(", ");
      if (!step.drift) return normal("EndpointUpdated", "UpdateEndpoint", `handed over ${what}`);
      const message = `${what} of endpoint ${id} had been changed outside of Kubernetes and was put right`;
      return { type: "Warning", reason: "DriftCorrected", action: "UpdateEndpoint", message };
    }
    case "enable":
    case "disable": {
      const action = step.do === "enable" ? "EnableEndpoint" : "DisableEndpoint";
      if (step.drift) {
        const message = `endpoint ${id} had been ${step.do === "enable" ? "disabled" : "enabled"} outside of Kubernetes and was put right`;
        return { type: "Warning", reason: "DriftCorrected", action, message };
      }
      return normal(step.do === "enable" ? "EndpointResumed" : "EndpointPaused", action, `${step.do}d endpoint ${id}`);
    }
    case "rotate": {
      if (!step.drift) return normal("SigningKeyChanged", "RotateSecret", `key ${remote?.keyID} signs now`);
      const message = `the signing secret of endpoint ${id} had been rotated outside of Kubernetes; that of the Secret signs again`;
      return { type: "Warning", reason: "DriftCorrected", action: "RotateSecret", message };
    }
    case "writeSecret":
      if (step.change === "first" && handed.digest !== undefined) {
        const message = `Secret ${step.name} was gone, so a new signing secret was made; the one before stays valid for the overlap`;
        return { type: "Warning", reason: "SigningSecretRemade", action: "WriteSecret", message };
      }
      if (step.change !== "rotate") return undefined;
      return normal("SigningSecretRotated", "WriteSecret", `a new signing secret is in Secret ${step.name}`);
    case "release":
      return normal("EndpointRetained", "ReleaseEndpoint", `endpoint ${step.id} stays, managed by nobody`);
    case "delete":
      return normal("EndpointDeleted", "DeleteEndpoint", `endpoint ${step.id} is deleted`);
    default:
      return undefined;
  }
}

/**
 * What people are told when a resource becomes ready, or stops to be; undefined: nothing. Whoever was told of a step that
 * led to it, `told`, need not hear that it is ready as well: ten thousand new resources are ten thousand events, not twice
 * as many.
 */
export function eventOfStatus(
  resource: WebhookEndpoint,
  status: WebhookEndpointStatus,
  told = false,
): ResourceEvent | undefined {
  const readyOf = (of: WebhookEndpointStatus | undefined) => of?.conditions?.find(({ type }) => type === "Ready");
  const [before, after] = [readyOf(resource.status), readyOf(status)];
  if (!after || (before?.status === after.status && before.reason === after.reason)) return undefined;
  const ready = after.status === "True";
  if (ready && told) return undefined;
  const { reason, message } = after;
  return { type: ready ? "Normal" : "Warning", reason, message, action: "Reconcile" };
}
