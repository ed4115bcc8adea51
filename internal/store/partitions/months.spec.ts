import { describe, expect, it } from "@jest/globals";
import { newUuid, uuidTime } from "../../domain/ids.ts";
import { monthBounds, monthName, monthOf, partitionMonth } from "./months.ts";

describe("month partitions", () => {
  it("are named after their table and their month in UTC, over the turn of a year", () => {
    const december = monthOf(Date.parse("2026-12-31T23:59:59.999Z"));
    expect(monthName("audit_log", december)).toBe("audit_log_202612");
    expect(monthName("audit_log", december + 1)).toBe("audit_log_202701");
    expect(partitionMonth("audit_log", "audit_log_202701")).toBe(december + 1);
    expect(monthOf(Date.parse("2027-01-01T00:00:00Z"))).toBe(december + 1);
  });

  it("are not confused with other tables", () => {
    for (const name of ["audit_log", "audit_log_2026", "audit_log_20261101", "audit_log_pkey", "audit_202611"]) {
      expect(partitionMonth("audit_log", name)).toBeUndefined();
    }
  });

  it("hold the ids that were made in their month, each month up to the next", () => {
    const id = newUuid();
    const month = monthOf(uuidTime(id));
    const [from, to] = monthBounds(month);
    expect(from <= id && id < to).toBe(true);
    expect(monthBounds(month + 1)[0]).toBe(to);
  });
});
