import { type Uuid, uuidAt } from "../../domain/ids.ts";

/** Months since January 1970 UTC. */
export function monthOf(timeMs: number): number {
  const date = new Date(timeMs);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

/** `audit_log_202611`. */
export function monthName(table: string, month: number): string {
  return `${table}_${new Date(Date.UTC(1970, month)).toISOString().slice(0, 7).replace("-", "")}`;
}

/** The month of a partition of this table, or undefined when the name is none. */
export function partitionMonth(table: string, name: string): number | undefined {
  const [, year, month] = /^_(\d{4})(\d\d)$/.exec(name.slice(table.length)) ?? [];
  if (!name.startsWith(table) || year === undefined) return undefined;
  return monthOf(Date.UTC(Number(year), Number(month) - 1));
}

/** The ids of a month: from the first, up to but without the second. */
export function monthBounds(month: number): [Uuid, Uuid] {
  return [uuidAt(Date.UTC(1970, month)), uuidAt(Date.UTC(1970, month + 1))];
}
