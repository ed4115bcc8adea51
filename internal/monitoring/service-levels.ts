import { catalogue as m } from "../telemetry/catalogue.ts";
import { anyOf, buckets, counts, grouping, series } from "./promql.ts";

/**
 * A promise of the platform. What receivers do is in none of them: their outages are their owners' to know, and must
 * not wake whoever runs Sealpost.
 */
export interface ServiceLevel {
  name: "accept" | "start" | "attempt";
  title: string;
  /** What is good, in one sentence. */
  promise: string;
  /** The share that is to be good. */
  objective: number;
  by: readonly string[];
  /** PromQL: what went wrong, and all there was, a second over this range. */
  bad(range: string): string;
  all(range: string): string;
}

/** Nothing that the caller did: the call was right, and Sealpost could not. */
const ourFaults = anyOf("INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "UNKNOWN");
const publishing = anyOf("sealpost.v1.EventService/PublishEvent", "sealpost.v1.EventService/BatchPublishEvents");

/** Longer than any pause of a healthy system, shorter than anybody's patience; a bound of the histogram's buckets. */
const onTimeSeconds = 5;

const sumRate = (selector: string, range: string, by: readonly string[] = []) =>
  `sum${grouping(by)} (rate(${selector}[${range}]))`;
/** What was never counted is none. */
const orNone = (expression: string) => `(${expression} or vector(0))`;

const refusedEvents = (range: string) =>
  `${orNone(sumRate(series(m.requests, { method: publishing, code: ourFaults }), range))} + ` +
  `${orNone(sumRate(series(m.batchFailures, { code: ourFaults }), range))}`;

export const serviceLevels: readonly ServiceLevel[] = [
  {
    name: "accept",
    title: "Accepted",
    promise: "An event that is published rightly is committed and answered OK",
    objective: 0.999,
    by: [],
    bad: refusedEvents,
    all: (range) => `${refusedEvents(range)} + ${orNone(sumRate(series(m.eventsAccepted), range))}`,
  },
  {
    name: "start",
    title: "Started on time",
    promise: `An attempt starts within ${onTimeSeconds} s of being due (the slow lane, where deliveries wait for their receiver, is left out)`,
    objective: 0.999,
    by: ["region"],
    bad: (range) =>
      `${sumRate(counts(m.scheduleDelaySeconds, { road: "main" }), range, ["region"])} - ` +
      sumRate(buckets(m.scheduleDelaySeconds, { road: "main" }, onTimeSeconds), range, ["region"]),
    all: (range) => sumRate(counts(m.scheduleDelaySeconds, { road: "main" }), range, ["region"]),
  },
  {
    name: "attempt",
    title: "Without a fault of ours",
    promise: "An attempt ends with what the receiver or the network did, not with an error of Sealpost",
    objective: 0.9995,
    by: ["region"],
    bad: (range) => sumRate(series(m.attempts, { outcome: "INTERNAL" }), range, ["region"]),
    all: (range) => sumRate(series(m.attempts), range, ["region"]),
  },
];

/** The share that went wrong over a range; no traffic, no value. */
export function errorRatio(level: ServiceLevel, range: string): string {
  return `(${level.bad(range)}) / ((${level.all(range)}) > 0)`;
}
