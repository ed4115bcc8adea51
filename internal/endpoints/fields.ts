import { type FieldViolation, invalidArgument } from "../domain/errors.ts";
import { anyEventType, eventTypePattern } from "../domain/event-type.ts";
import { checkLines } from "../domain/text.ts";
import type { Headers } from "./headers.ts";
import { readUrl, type UrlPolicy } from "./url-policy.ts";

/** The fields that a caller writes; by the names of the proto, which a field mask uses too. */
export interface EndpointFields {
  url: string;
  events: string[];
  description: string;
  max_in_flight: number;
  /** Checked by themselves (headers.ts): what is allowed depends on what is there. */
  headers: Headers;
}

export type FieldName = keyof EndpointFields;

/** Requests under way at once to one endpoint, where nobody asks for another number. */
export const defaultMaxInFlight = 64;

const maxEvents = 100;
const maxDescription = 1024;
const maxMaxInFlight = 1000;

/**
 * The fields as they are kept; those that are not there are not looked at. `more` is what else is wrong with the
 * request.
 * @throws DomainError INVALID_ARGUMENT with everything that is wrong
 */
export function readFields<Fields extends Partial<EndpointFields>>(
  fields: Fields,
  policy: UrlPolicy,
  more: FieldViolation[] = [],
): Fields {
  const { url, events, description, max_in_flight: maxInFlight } = fields;
  const read: { url?: string; reason?: string } = url === undefined ? {} : readUrl(url, policy);
  const reasons: Record<Exclude<FieldName, "headers">, string | undefined> = {
    url: read.reason,
    events: events && eventsReason(events),
    description: description === undefined ? undefined : checkLines(description, maxDescription),
    max_in_flight: maxInFlight === undefined ? undefined : maxInFlightReason(maxInFlight),
  };
  const violations = Object.entries(reasons).flatMap(([field, reason]) =>
    reason ? [{ field, description: reason }] : [],
  );
  if (violations.length + more.length > 0) throw invalidArgument(...violations, ...more);
  return { ...fields, ...(read.url !== undefined && { url: read.url }) };
}

function eventsReason(events: string[]): string | undefined {
  if (events.length === 0) return `must name at least one event type, or "${anyEventType}" for all`;
  if (events.length > maxEvents) return `must name at most ${maxEvents} event types, or "${anyEventType}" for all`;
  if (events.includes(anyEventType)) {
    return events.length > 1 ? `"${anyEventType}" stands for all event types: leave the others out` : undefined;
  }
  const odd = events.find((type) => !eventTypePattern.test(type));
  if (odd !== undefined) {
    return `${JSON.stringify(odd.slice(0, 128))} is not an event type: letters, digits and _ in parts joined by dots`;
  }
  const twice = events.find((type, i) => events.indexOf(type) !== i);
  return twice === undefined ? undefined : `names ${twice} twice`;
}

function maxInFlightReason(value: number): string | undefined {
  const fits = Number.isInteger(value) && value >= 1 && value <= maxMaxInFlight;
  return fits ? undefined : `must be 1 to ${maxMaxInFlight}`;
}
