import type { Pool } from "pg";
import { type Uuid, uuidTime } from "../../domain/ids.ts";
import { undefinedTable } from "../errors.ts";
import { dayOf, partitionName } from "../partitions/days.ts";
import { runStatement, type Statement } from "../statement.ts";

/** The tables of one day, by name. */
export interface DayTables {
  jobs: string;
  attempts: string;
}

/**
 * A statement against one day's tables. Through the partitioned tables it would be planned anew for every day that
 * exists, each time: that costs 1 to 3 ms, ten times the work itself when few rows share a batch.
 */
export class DayStatement {
  readonly #name: string;
  readonly #text: (tables: DayTables) => string;
  readonly #statements = new Map<number, Statement>();

  constructor(name: string, text: (tables: DayTables) => string) {
    this.#name = name;
    this.#text = text;
  }

  /** @throws as `runStatement` does; undefined when the day was dropped. */
  async run<Row extends object>(pool: Pool, day: number, values: unknown[]): Promise<Row[] | undefined> {
    try {
      return await runStatement<Row>(pool, this.#of(day), values);
    } catch (error) {
      if (undefinedTable(error)) return undefined;
      throw error;
    }
  }

  #of(day: number): Statement {
    let statement = this.#statements.get(day);
    if (!statement) {
      const jobs = partitionName("webhook_jobs", day);
      const attempts = partitionName("webhook_delivery_attempts", day);
      statement = { name: `${this.#name}_${day}`, text: this.#text({ jobs, attempts }) };
      if (this.#statements.size > 100) this.#statements.clear();
      this.#statements.set(day, statement);
    }
    return statement;
  }
}

/**
 * Runs `work` on the rows of each day apart, no delivery twice at a time: the second row of one waits for the next
 * round. Answers a result per row, in order; `undefined` from `work` runs that row again, because its delivery changed
 * between the statement's snapshot and its lock.
 */
export async function byDay<Row extends { deliveryId: Uuid }, Result>(
  rows: Row[],
  work: (day: number, rows: Row[]) => Promise<(Result | undefined)[]>,
): Promise<Result[]> {
  const results = new Array<Result>(rows.length);
  let open = rows.map((row, index) => ({ row, index }));
  while (open.length > 0) {
    const seen = new Set<Uuid>();
    const days = new Map<number, typeof open>();
    const later: typeof open = [];
    for (const entry of open) {
      const { deliveryId } = entry.row;
      const day = dayOf(uuidTime(deliveryId));
      if (seen.has(deliveryId)) later.push(entry);
      else if (!days.get(day)?.push(entry)) days.set(day, [entry]);
      seen.add(deliveryId);
    }
    const again: typeof open = [];
    for (const [day, entries] of days) {
      const answers = await work(
        day,
        entries.map(({ row }) => row),
      );
      entries.forEach((entry, i) => {
        const answer = answers[i];
        if (answer === undefined) again.push(entry);
        else results[entry.index] = answer;
      });
    }
    open = [...again, ...later];
  }
  return results;
}
