/** Names like `AUDIT_EVENT_CREATED` or `invoice.paid`, at most 128 characters. */
export const eventTypePattern = /^(?=.{1,128}$)[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/;

/** The entry of an endpoint's `events` that stands for all types. */
export const anyEventType = "*";
