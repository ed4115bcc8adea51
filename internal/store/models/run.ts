import type { Sequelize, Transaction } from "sequelize";
import { recordError } from "../errors.ts";

/**
 * Runs queries of the models.
 * @throws RowError when a row cannot be stored; DomainError UNAVAILABLE when Postgres cannot be reached; what the flow
 * throws in between, as it is.
 */
export async function run<T>(queries: () => Promise<T>): Promise<T> {
  try {
    return await queries();
  } catch (error) {
    throw recordError(error);
  }
}

/** The same in one transaction: all of it is committed, or nothing when anything throws. */
export function runTransaction<T>(sequelize: Sequelize, queries: (transaction: Transaction) => Promise<T>): Promise<T> {
  return run(() => sequelize.transaction(queries));
}
