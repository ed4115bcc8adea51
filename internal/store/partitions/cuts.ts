import type { Uuid } from "../../domain/ids.ts";
import { dayBounds, dayOf, type PartitionedTable, partitionDay, partitionedTables, partitionName } from "./days.ts";
import { monthBounds, monthName, monthOf, partitionMonth } from "./months.ts";

/** How a table is cut into partitions: each is one period of UTC. */
export interface Cut {
  table: string;
  /** The period of a time in ms since the epoch; the next one has the next number. */
  of(timeMs: number): number;
  nameOf(period: number): string;
  /** The period of the partition with this name, or undefined when it is none of this table. */
  read(name: string): number | undefined;
  /** The ids it holds: from the first, up to but without the second. */
  bounds(period: number): [Uuid, Uuid];
  /** SQL that a new partition needs beside what it has of its table. */
  also?(name: string): string;
}

function daily(table: PartitionedTable): Cut {
  return {
    table,
    of: dayOf,
    nameOf: (day) => partitionName(table, day),
    read: (name) => partitionDay(table, name),
    bounds: dayBounds,
  };
}

export const dailyCuts = Object.fromEntries(partitionedTables.map((table) => [table, daily(table)])) as Record<
  PartitionedTable,
  Cut
>;

/** By month: it is kept for a year and more, and every look into it opens every partition. */
export const auditCut: Cut = {
  table: "audit_log",
  of: monthOf,
  nameOf: (month) => monthName("audit_log", month),
  read: (name) => partitionMonth("audit_log", name),
  bounds: monthBounds,
  also: (name) =>
    `CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON ${name} FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`,
};

export const cuts: readonly Cut[] = [...Object.values(dailyCuts), auditCut];
