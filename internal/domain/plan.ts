import { DomainError } from "./errors.ts";
import type { PlanTier } from "./states.ts";

/** Whether a company on this plan has endpoints. */
export function includesWebhooks(planTier: PlanTier): boolean {
  return planTier !== "FREE";
}

/** @throws DomainError PERMISSION_DENIED, reason PLAN_REQUIRED, when the plan does not include webhooks. `action`: "create endpoints". */
export function requireWebhookPlan(planTier: PlanTier, action: string): void {
  if (includesWebhooks(planTier)) return;
  throw new DomainError(
    "PERMISSION_DENIED",
    "PLAN_REQUIRED",
    `the company's plan is FREE, and it takes GROWTH or ENTERPRISE to ${action}: ask the operator for another plan`,
  );
}
