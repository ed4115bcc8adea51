import { LRUCache } from "lru-cache";
import { GroupCommit } from "../batching/group-commit.ts";
import { DomainError } from "../domain/errors.ts";
import { formatId, type Uuid } from "../domain/ids.ts";
import type { CallWindow, LimitedOperation } from "./ports.ts";

/** How many calls of each kind a key may make in any minute. */
export type CallLimits = Record<LimitedOperation, number>;

/** The calls of one key and kind, as this process sees them. */
interface Line {
  /** So many at once are one question to the record, and never more than one question is open. */
  calls: GroupCommit<number, number>;
  /** Until when the record has said no; ms of `performance.now`. Refused calls do not lengthen it. */
  refusedUntil: number;
}

/** In messages. */
const names = { CHANGE: "changes", READ: "reads" } as const;
const fields = { CHANGE: "operations_per_minute", READ: "reads_per_minute" } as const;

/** Counts the calls of keys together with every other process, in the record. */
export class RateLimit {
  readonly #window: CallWindow;
  readonly #lines = new LRUCache<string, Line>({ max: 10_000 });

  constructor(window: CallWindow) {
    this.#window = window;
  }

  /**
   * Counts a call of this key.
   * @throws DomainError RESOURCE_EXHAUSTED, reason RATE_LIMITED, with the time after which there is room again;
   * UNAVAILABLE when nobody can tell, because the record is away.
   */
  async take(keyId: Uuid, operation: LimitedOperation, limits: CallLimits): Promise<void> {
    const line = this.#line(keyId, operation);
    const limit = limits[operation];
    const now = performance.now();
    let waitMs = line.refusedUntil - now;
    if (waitMs <= 0) {
      waitMs = await line.calls.add(limit);
      line.refusedUntil = performance.now() + waitMs;
    }
    if (waitMs > 0) throw rateLimited(keyId, operation, limit, waitMs);
  }

  #line(keyId: Uuid, operation: LimitedOperation): Line {
    const name = `${operation}/${keyId}`;
    let line = this.#lines.get(name);
    if (!line) {
      const commit = async (wanted: number[]): Promise<number[]> => {
        const [limit = 0] = wanted;
        const { granted, waitMs } = await this.#window.take({ keyId, operation, limit, calls: wanted.length });
        return wanted.map((_, i) => (i < granted ? 0 : waitMs));
      };
      line = { calls: new GroupCommit({ commit }), refusedUntil: 0 };
      this.#lines.set(name, line);
    }
    return line;
  }
}

function rateLimited(keyId: Uuid, operation: LimitedOperation, limit: number, waitMs: number): DomainError {
  const seconds = Math.ceil(waitMs / 1000);
  return new DomainError(
    "RESOURCE_EXHAUSTED",
    "RATE_LIMITED",
    `key ${formatId("apiKey", keyId)} may make ${limit} ${names[operation]} a minute and has made them: wait ${seconds} s, ` +
      `or ask the operator for a key with another limit (${fields[operation]} of CreateApiKey)`,
    { retryAfterMs: waitMs },
  );
}
