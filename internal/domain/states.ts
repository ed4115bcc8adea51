/** A company's plan. Endpoints need GROWTH or ENTERPRISE. */
export const planTiers = ["FREE", "GROWTH", "ENTERPRISE"] as const;
export type PlanTier = (typeof planTiers)[number];

/** SUSPENDED: the company's plan has no endpoints; it is ACTIVE again when the plan has. */
export const endpointStatuses = ["ACTIVE", "DISABLED", "SUSPENDED"] as const;
export type EndpointStatus = (typeof endpointStatuses)[number];

/** Why an endpoint is not ACTIVE: somebody asked for it, its receiver answered 410, or the plan has no endpoints. */
export type DisabledReason = "BY_REQUEST" | "GONE" | "PLAN";

/** How a delivery is signed; by the names of Standard Webhooks `v1` and `v1a`. */
export type SignatureScheme = "HMAC_SHA256" | "ED25519";

export const deliveryStatuses = ["PENDING", "SENDING", "SUCCEEDED", "FAILED", "RETRY_SCHEDULED"] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** Nothing automatic leaves these. */
export function isFinished(status: DeliveryStatus): boolean {
  return status === "SUCCEEDED" || status === "FAILED";
}

/** Why a delivery ended as FAILED. */
export type FailureReason = "EXHAUSTED" | "GONE" | "ENDPOINT_DELETED" | "EXPIRED" | "MANUAL_RETRY_FAILED";

/** Why Postgres keeps a waiting delivery. */
export type HeldReason = "ENDPOINT_DISABLED" | "ENDPOINT_SUSPENDED";

const heldReasons = { ACTIVE: null, DISABLED: "ENDPOINT_DISABLED", SUSPENDED: "ENDPOINT_SUSPENDED" } as const;

/** Why an endpoint in this state gets no request; null: it gets them. */
export function heldReasonOf(status: EndpointStatus): HeldReason | null {
  return heldReasons[status];
}

/** How an attempt ended. IN_PROGRESS has not; UNKNOWN's process died, so the request may have left. */
export const outcomes = [
  "IN_PROGRESS",
  "SUCCESS",
  "HTTP_3XX",
  "HTTP_4XX",
  "HTTP_5XX",
  "TIMEOUT",
  "DNS",
  "CONNECT",
  "TLS",
  "BLOCKED",
  "INTERNAL",
  "UNKNOWN",
] as const;
export type Outcome = (typeof outcomes)[number];
