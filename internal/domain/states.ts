/** A company's plan. Endpoints need GROWTH or ENTERPRISE. */
export const planTiers = ["FREE", "GROWTH", "ENTERPRISE"] as const;
export type PlanTier = (typeof planTiers)[number];

export const endpointStatuses = ["ACTIVE", "DISABLED"] as const;
export type EndpointStatus = (typeof endpointStatuses)[number];

/** Why an endpoint is disabled: somebody asked for it, or its receiver answered 410. */
export type DisabledReason = "BY_REQUEST" | "GONE";

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
export type HeldReason = "ENDPOINT_DISABLED";

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
