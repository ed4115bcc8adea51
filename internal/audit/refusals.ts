import { LRUCache } from "lru-cache";
import { type AuditEntry, type AuditedResource, auditRefused } from "../domain/audit.ts";
import type { Caller } from "../domain/caller.ts";
import { DomainError } from "../domain/errors.ts";
import type { Uuid } from "../domain/ids.ts";
import type { RefusalLog } from "./api.ts";
import type { RefusalRecord } from "./ports.ts";

export interface RefusalsOptions {
  record: RefusalRecord;
  onError: (message: string, error: unknown) => void;
}

const minuteMs = 60_000;

/**
 * How many refusals of one key a process records in a minute, one by one. The rate limit lets far fewer through to any
 * other refusal; this is the bound that does not depend on it.
 */
const perMinute = 100;

/** Puts management operations that were refused, or failed, into the log of the company that they concern. */
export class Refusals implements RefusalLog {
  readonly #options: RefusalsOptions;
  /** How many of a key were recorded in its minute. */
  readonly #counts = new LRUCache<string, { minute: number; count: number }>({ max: 10_000 });
  /** What was kept less than a minute ago, as this process knows: to ask the record would be a flood's work. */
  readonly #kept = new LRUCache<string, true>({ max: 10_000, ttl: minuteMs });

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /**
   * Records one; `named` is what the request was about, the narrowest first. What the operator asks for that nobody has
   * belongs to no company, and is not recorded. Never rejects: the caller is answered with the refusal itself.
   */
  async add(caller: Caller, named: AuditedResource[], error: unknown): Promise<void> {
    // The record does not answer, as the caller is told: asking it again would only make the caller wait.
    if (error instanceof DomainError && error.reason === "RECORD_UNAVAILABLE") return;
    try {
      const companyId = await this.#companyOf(caller, named);
      if (companyId === undefined) return;
      const workspaceId = caller.kind === "workspace" ? caller.workspaceId : null;
      const entry = auditRefused(caller, { companyId, workspaceId, resource: named[0] ?? null }, error);
      await this.#keep(entry, isRateLimited(error) || this.#tooMany(entry));
    } catch (failure) {
      this.#options.onError(`a refused ${caller.origin.method} could not be put into the audit log`, failure);
    }
  }

  async #companyOf(caller: Caller, named: AuditedResource[]): Promise<Uuid | undefined> {
    if (caller.kind !== "admin") return caller.companyId;
    for (const resource of named) {
      const companyId = await this.#options.record.companyOf(resource);
      if (companyId !== undefined) return companyId;
    }
    return undefined;
  }

  /**
   * `onceAMinute`: over its limit, a key can ask as often as the network lets it, and the log must not grow with that.
   * All processes together keep one such refusal of a key, a reason and a minute.
   */
  async #keep(entry: AuditEntry, onceAMinute: boolean): Promise<void> {
    if (!onceAMinute) return this.#options.record.add(entry);
    const kind = `${keyOf(entry)} ${entry.outcome.reason}`;
    if (this.#kept.has(kind)) return;
    // Before it is written: others of the same moment must not follow it into the record.
    this.#kept.set(kind, true);
    try {
      await this.#options.record.addOnce(entry, minuteMs);
    } catch (error) {
      this.#kept.delete(kind);
      throw error;
    }
  }

  #tooMany(entry: AuditEntry): boolean {
    const minute = Math.floor(entry.createdAt.getTime() / minuteMs);
    const key = keyOf(entry);
    const seen = this.#counts.get(key);
    const count = seen?.minute === minute ? seen.count + 1 : 1;
    this.#counts.set(key, { minute, count });
    return count > perMinute;
  }
}

function isRateLimited(error: unknown): boolean {
  return error instanceof DomainError && error.reason === "RATE_LIMITED";
}

function keyOf({ companyId, actor }: AuditEntry): string {
  return `${companyId} ${actor.keyId ?? actor.kind}`;
}
