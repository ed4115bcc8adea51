import { ConnectionError, DatabaseError } from "sequelize";
import { RowError } from "../batching/group-commit.ts";
import { DomainError } from "../domain/errors.ts";

/** What pg says about a refused statement (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
interface PgError extends Error {
  code?: string;
  constraint?: string;
}

const sqlState = /^[0-9A-Z]{5}$/;

/** Connection lost (a protocol violation is our own fault), out of resources, cancelled, shutting down, read-only after a
 *  failover, lock not available. */
const passing = /^(08(?!P01)|53|57|25006|55P03|40)/;

/** The SQLSTATE of a failed query; undefined when Postgres did not answer at all. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = original(error).code;
  return code !== undefined && sqlState.test(code) ? code : undefined;
}

/** Another transaction was in the way; the same statement may succeed when it is run again. */
export function isConflict(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === "40P01" || state === "40001";
}

/**
 * What a failed query means to the flow: RowError when a row cannot be stored, UNAVAILABLE when trying again later
 * makes sense, else the error itself.
 */
export function recordError(error: unknown): unknown {
  if (error instanceof DomainError || error instanceof RowError) return error;
  const state = sqlStateOf(error);
  // A row without a partition is a check violation too, one that names no constraint.
  if (state === "23514" && original(error).constraint === undefined) return partitionMissing(error);
  if (state?.startsWith("22") || state?.startsWith("23")) {
    return new RowError(`the record cannot store this: ${original(error).message}`, { cause: error });
  }
  const unanswered = state === undefined && (error instanceof DatabaseError || error instanceof ConnectionError);
  return unanswered || (state !== undefined && passing.test(state)) ? unavailable(error) : error;
}

/** The record cannot be reached, or broke off in the middle. */
export function unavailable(cause: unknown): DomainError {
  return new DomainError(
    "UNAVAILABLE",
    "RECORD_UNAVAILABLE",
    `Postgres cannot be reached or is overloaded (${original(cause).message}): try again shortly; ` +
      "what was sent may be stored already, so publish again with the same idempotency key",
    { retryAfterMs: 1000, cause },
  );
}

function partitionMissing(cause: unknown): DomainError {
  return new DomainError(
    "UNAVAILABLE",
    "PARTITION_MISSING",
    `Postgres has no partition for this time (${original(cause).message}): run the migrations, which make the coming ` +
      "days, and see that the clocks agree",
    { retryAfterMs: 10_000, cause },
  );
}

function original(error: unknown): PgError {
  const wrapped = error as { original?: PgError } & PgError;
  return wrapped.original ?? wrapped;
}

/** The table is not there (any more): a dropped day. */
export function undefinedTable(error: unknown): boolean {
  return sqlStateOf(error) === "42P01";
}
