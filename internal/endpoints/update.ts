import type { Endpoint } from "../domain/entities.ts";
import { DomainError, invalidArgument } from "../domain/errors.ts";
import type { UpdateEndpointInput } from "./api.ts";
import { defaultMaxInFlight, type EndpointFields, type FieldName, readFields } from "./fields.ts";
import { type Headers, headersDiffer, headerViolations, readHeaders } from "./headers.ts";
import type { EndpointChange } from "./ports.ts";
import type { UrlPolicy } from "./url-policy.ts";

const fieldNames: readonly FieldName[] = ["url", "events", "description", "max_in_flight", "headers"];

/**
 * The fields an update asks for, checked: those that the mask names, else those that are present. A named
 * description, max_in_flight or headers without a value goes back to its default. `knownHeaders` are the names that have
 * values.
 * @throws DomainError INVALID_ARGUMENT
 */
export function readUpdate(
  input: UpdateEndpointInput,
  policy: UrlPolicy,
  knownHeaders: readonly string[] = [],
): Partial<EndpointFields> {
  const given: Partial<EndpointFields> = {
    ...(input.url !== undefined && { url: input.url }),
    ...(input.events.length > 0 && { events: input.events }),
    ...(input.description !== undefined && { description: input.description }),
    ...(input.maxInFlight !== undefined && { max_in_flight: input.maxInFlight }),
    ...(input.headers && Object.keys(input.headers).length > 0 && { headers: input.headers }),
  };
  const named = input.updateMask.length > 0 ? input.updateMask : Object.keys(given);
  const unknown = named.filter((name) => !fieldNames.some((field) => field === name));
  if (unknown.length > 0) {
    const description = `has no field ${unknown.join(", ")}: only ${fieldNames.join(", ")} can be changed`;
    throw invalidArgument({ field: "update_mask", description });
  }
  if (named.length === 0) {
    const description = `nothing to change: send one of ${fieldNames.join(", ")}`;
    throw invalidArgument({ field: "update_mask", description });
  }
  const defaults: EndpointFields = {
    url: "",
    events: [],
    description: "",
    max_in_flight: defaultMaxInFlight,
    headers: {} satisfies Headers,
  };
  const wanted: Partial<EndpointFields> = Object.fromEntries(
    (named as FieldName[]).map((name) => [name, given[name] ?? defaults[name]]),
  );
  const { headers } = wanted;
  const fields = readFields(wanted, policy, headers && headerViolations(headers, knownHeaders));
  return { ...fields, ...(headers && { headers: readHeaders(headers) }) };
}

/**
 * What really changes; undefined when everything is as wanted.
 * @throws DomainError ABORTED, reason ETAG_MISMATCH, when the endpoint is not the one that was read
 */
export function changeTo(wanted: Partial<EndpointFields>, etag: string, current: Endpoint): EndpointChange | undefined {
  if (etag !== "" && etag !== current.etag) {
    throw new DomainError(
      "ABORTED",
      "ETAG_MISMATCH",
      `the endpoint was changed since etag ${etag} was read: read it again, and send the update with its new etag`,
    );
  }
  const { url, events, description, max_in_flight: maxInFlight, headers } = wanted;
  const change: EndpointChange = {
    ...(url !== undefined && url !== current.url && { url }),
    ...(events && events.join() !== current.events.join() && { events }),
    ...(description !== undefined && description !== current.description && { description }),
    ...(maxInFlight !== undefined && maxInFlight !== current.maxInFlight && { maxInFlight }),
    ...(headers && headersDiffer(headers, current.headerNames) && { headers }),
  };
  return Object.keys(change).length > 0 ? change : undefined;
}
