import { type KeyHolder, keyNames } from "./caller.ts";

/** What a key may allow; the names of the proto's enum. */
export const permissions = [
  "MANAGE_TENANTS",
  "READ_AUDIT",
  "READ_ENDPOINTS",
  "WRITE_ENDPOINTS",
  "READ_DELIVERIES",
  "RETRY_DELIVERIES",
  "PUBLISH_EVENTS",
  "READ_EVENTS",
] as const;
export type Permission = (typeof permissions)[number];

/** What a call does: PUBLISH takes an event in, CHANGE is a management operation, READ changes nothing. */
export type Operation = "READ" | "CHANGE" | "PUBLISH";

/** What a method asks of its caller. */
export interface Access {
  permission: Permission;
  operation: Operation;
}

/** What each kind of key allows at most. */
export const permissionsOf: Record<KeyHolder["kind"], ReadonlySet<Permission>> = {
  admin: new Set(["MANAGE_TENANTS", "READ_AUDIT"]),
  company: new Set([
    "READ_AUDIT",
    "READ_ENDPOINTS",
    "WRITE_ENDPOINTS",
    "READ_DELIVERIES",
    "RETRY_DELIVERIES",
    "READ_EVENTS",
  ]),
  workspace: new Set(["PUBLISH_EVENTS", "READ_EVENTS"]),
};

/** The kinds of key that can allow this: "a company key or a workspace key". */
export function keysWith(permission: Permission): string {
  const kinds = (Object.keys(keyNames) as KeyHolder["kind"][]).filter((kind) => permissionsOf[kind].has(permission));
  return kinds.map((kind) => keyNames[kind]).join(" or ");
}
