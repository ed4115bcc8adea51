import { type Uuid, uuidAt } from "../../domain/ids.ts";

/** The tables with a partition per day; attempts lie with their job, so their bounds are job ids. */
export const partitionedTables = ["webhook_events", "webhook_jobs", "webhook_delivery_attempts"] as const;
export type PartitionedTable = (typeof partitionedTables)[number];

export const dayMs = 86_400_000;

/** Days since 1970-01-01 UTC. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / dayMs);
}

/** `webhook_jobs_20261124`. */
export function partitionName(table: PartitionedTable, day: number): string {
  return `${table}_${new Date(day * dayMs).toISOString().slice(0, 10).replaceAll("-", "")}`;
}

/** The day of a partition of this table, or undefined when the name is none. */
export function partitionDay(table: PartitionedTable, name: string): number | undefined {
  const [, year, month, date] = /^_(\d{4})(\d\d)(\d\d)$/.exec(name.slice(table.length)) ?? [];
  if (!name.startsWith(table) || year === undefined) return undefined;
  return dayOf(Date.UTC(Number(year), Number(month) - 1, Number(date)));
}

/** The ids of a day: from the first, up to but without the second. */
export function dayBounds(day: number): [Uuid, Uuid] {
  return [uuidAt(day * dayMs), uuidAt((day + 1) * dayMs)];
}
