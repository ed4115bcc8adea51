import type { Uuid } from "./ids.ts";

/** Who is calling, as its key says. Every rule starts from this. */
export type Caller =
  | { kind: "admin" }
  | { kind: "company"; keyId: Uuid; companyId: Uuid }
  | { kind: "workspace"; keyId: Uuid; companyId: Uuid; workspaceId: Uuid };

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
