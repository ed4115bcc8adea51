import type { AuditEntry } from "../domain/audit.ts";
import { type Caller, type Page, requireCaller } from "../domain/caller.ts";
import { invalidArgument, notFound } from "../domain/errors.ts";
import { type IdKind, parseId, type Uuid } from "../domain/ids.ts";
import type { Paging } from "../domain/paging.ts";
import type { AuditApi, ListAuditInput } from "./api.ts";
import type { AuditFilter, AuditRecord } from "./ports.ts";

export interface AuditServiceOptions {
  record: AuditRecord;
  paging: Paging;
}

/** What a management operation can be about. */
const resourceKinds: readonly IdKind[] = ["endpoint", "delivery", "apiKey", "project", "workspace", "company"];

/** Answers "who did that?". */
export class AuditService implements AuditApi {
  readonly #options: AuditServiceOptions;

  constructor(options: AuditServiceOptions) {
    this.#options = options;
  }

  async list(caller: Caller, input: ListAuditInput): Promise<Page<AuditEntry>> {
    const { record, paging } = this.#options;
    const filter: AuditFilter = {
      companyId: await this.#company(caller, input.companyId),
      keyId: readId("key_id", input.keyId, ["apiKey"]),
      method: input.method || undefined,
      resourceId: readId("resource_id", input.resourceId, resourceKinds),
      allowed: input.outcome === "ANY" ? undefined : input.outcome === "ALLOWED",
    };
    const { companyId, keyId = "", method = "", resourceId = "" } = filter;
    const query = ["audit", companyId, keyId, method, resourceId, input.outcome];
    return paging.scan(input, query, (range) => record.scan(filter, range));
  }

  /** A company sees its own log, the operator every one; what is somebody else's is as absent as what never was. */
  async #company(caller: Caller, shown: string): Promise<Uuid> {
    const id = parseId("company", shown);
    const theirs =
      caller.kind === "admin"
        ? id !== undefined && (await this.#options.record.hasCompany(id))
        : requireCaller(caller, "company", "the audit log is read").companyId === id;
    if (!id || !theirs) throw notFound("company", shown);
    return id;
  }
}

/** The id to filter by; undefined: none was asked for. One that nobody has finds nothing. */
function readId(field: string, shown: string, kinds: readonly IdKind[]): Uuid | undefined {
  if (shown === "") return undefined;
  const id = kinds.map((kind) => parseId(kind, shown)).find((parsed) => parsed !== undefined);
  if (id === undefined) throw invalidArgument({ field, description: "is no id: copy it whole, with its prefix" });
  return id;
}
