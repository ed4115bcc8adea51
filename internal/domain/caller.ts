import { DomainError } from "./errors.ts";
import type { Uuid } from "./ids.ts";

/** Who is calling, as its key says. Every rule starts from this. */
export type Caller =
  | { kind: "admin" }
  | { kind: "company"; keyId: Uuid; companyId: Uuid }
  | { kind: "workspace"; keyId: Uuid; companyId: Uuid; workspaceId: Uuid };

const keyNames = {
  admin: "the operator's admin key",
  company: "a company key",
  workspace: "a workspace key",
} as const satisfies Record<Caller["kind"], string>;

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
