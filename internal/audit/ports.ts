import type { AuditEntry, AuditedResource } from "../domain/audit.ts";
import type { Uuid } from "../domain/ids.ts";
import type { Scan, ScanRange } from "../domain/paging.ts";

/** What entries are looked for; undefined: any. */
export interface AuditFilter {
  companyId: Uuid;
  keyId: Uuid | undefined;
  method: string | undefined;
  resourceId: Uuid | undefined;
  /** Whether it was done, or refused. */
  allowed: boolean | undefined;
}

/** The audit log as it is kept. */
export interface AuditRecord {
  hasCompany(id: Uuid): Promise<boolean>;
  /** Looks at a bounded number of rows, however rare what is looked for is. */
  scan(filter: AuditFilter, range: ScanRange): Promise<Scan<AuditEntry>>;
}

/** Where refused operations are kept. */
export interface RefusalRecord {
  /** Whose resource this is; undefined: nobody's. */
  companyOf(resource: AuditedResource): Promise<Uuid | undefined>;
  add(entry: AuditEntry): Promise<void>;
  /** Unless one of the same key and reason was kept less than `withinMs` before it, by any process. */
  addOnce(entry: AuditEntry, withinMs: number): Promise<void>;
}
