import { describe, expect, it } from "@jest/globals";
import { newUuid, uuidTime } from "../../domain/ids.ts";
import { dayBounds, dayMs, dayOf, partitionDay, partitionName } from "./days.ts";

describe("day partitions", () => {
  it("are named after their table and their day in UTC", () => {
    const day = dayOf(Date.parse("2026-02-28T23:59:59.999Z"));
    expect(partitionName("webhook_jobs", day)).toBe("webhook_jobs_20260228");
    expect(partitionName("webhook_jobs", day + 1)).toBe("webhook_jobs_20260301");
    expect(partitionDay("webhook_jobs", "webhook_jobs_20260301")).toBe(day + 1);
  });

  it("are not confused with other tables", () => {
    for (const name of ["webhook_jobs", "webhook_jobs_2026", "webhook_jobs_pkey", "webhook_events_20260301"]) {
      expect(partitionDay("webhook_jobs", name)).toBeUndefined();
    }
  });

  it("hold the ids that were made on their day", () => {
    const id = newUuid();
    const [from, to] = dayBounds(dayOf(uuidTime(id)));
    expect(from <= id && id < to).toBe(true);
    expect(uuidTime(to) - uuidTime(from)).toBe(dayMs);
  });
});
