import type { RetrySchedule } from "../../retry/schedule.ts";
import { defaultSchedule } from "../../retry/schedule.ts";
import { setting } from "../setting.ts";

/** Attempts, their budgets and the sweeper. */
export const delivery = {
  WEBHOOK_RETRY_SCHEDULE: setting<RetrySchedule>({
    default: defaultSchedule,
    format: "schedule",
    unit: "durations",
    doc: "The wait before each attempt since the one before; as many attempts as entries.",
  }),
  DELIVERY_TIMEOUT: setting<number>({
    default: 10_000,
    format: "duration",
    unit: "duration",
    doc: "How long one attempt may take, from DNS to the last byte of the answer.",
  }),
  DELIVERY_CONCURRENCY: setting<number>({
    default: 256,
    format: "whole",
    unit: "attempts",
    doc: "Attempts under way at once in a delivery process, those that turned slow not counted.",
  }),
  DELIVERY_SLOW_CONCURRENCY: setting<number>({
    default: 256,
    format: "whole",
    unit: "attempts",
    doc: "Attempts older than a second that may be under way beside the others.",
  }),
  DELIVERY_LANE_CONCURRENCY: setting<number>({
    default: 256,
    format: "whole",
    unit: "attempts",
    doc: "Attempts from the slow lane under way at once.",
  }),
  DELIVERY_TRACE_CONTEXT: setting<"true" | "false">({
    default: "false",
    format: ["true", "false"],
    unit: "word",
    doc: "Whether receivers are sent the W3C trace context (traceparent) of their request, traced here or by the publisher.",
  }),
  SWEEP_INTERVAL: setting<number>({
    default: 1000,
    format: "duration",
    unit: "duration",
    doc: "How often the sweeper looks for deliveries that are due in Postgres.",
  }),
  SWEEP_GRACE: setting<number>({
    default: 15_000,
    format: "duration",
    unit: "duration",
    min: 11_000,
    doc: "How long a published delivery may be missing from its stream before it counts as lost; 11s or more, as a publish may take 10 s.",
  }),
} as const;
