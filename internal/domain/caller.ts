import { DomainError } from "./errors.ts";
import type { Uuid } from "./ids.ts";

/** Whose key it is. */
export type KeyHolder =
  | { kind: "admin" }
  | { kind: "company"; keyId: Uuid; companyId: Uuid }
  | { kind: "workspace"; keyId: Uuid; companyId: Uuid; workspaceId: Uuid };

/** Keys as a message names them. */
export const keyNames = {
  admin: "the admin key (SEALPOST_ADMIN_KEY)",
  company: "a company key",
  workspace: "a workspace key",
} as const satisfies Record<KeyHolder["kind"], string>;

/** Where a call comes from, for the record of who did what. */
export interface Origin {
  /** The caller's network address; empty when it came from within this process, or when nobody can tell from where. */
  address: string;
  /** Names this one call, in answers, logs and records. */
  requestId: string;
  /** `sealpost.v1.EventService/PublishEvent` */
  method: string;
}

/** Who is calling, as its key says, and from where. Every rule starts from this. */
export type Caller = KeyHolder & { origin: Origin };

/** @throws DomainError PERMISSION_DENIED for any other kind of key. `what`: "endpoints are managed". */
export function requireCaller<K extends Caller["kind"]>(caller: Caller, kind: K, what: string) {
  if (caller.kind === kind) return caller as Extract<Caller, { kind: K }>;
  throw new DomainError(
    "PERMISSION_DENIED",
    "WRONG_KEY_KIND",
    `${what} with ${keyNames[kind]}, and this is ${keyNames[caller.kind]}: use the other one`,
  );
}

/** A page of a list; `nextPageToken` is empty on the last one. */
export interface Page<T> {
  items: T[];
  nextPageToken: string;
}

export interface PageRequest {
  /** 0 means the default of 50; at most 100. */
  pageSize: number;
  /** Empty for the first page. */
  pageToken: string;
}
