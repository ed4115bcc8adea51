import { describe, expect, it } from "@jest/globals";
import { formatId, newUuid, parseId, uuidAt, uuidTime } from "./ids.ts";

describe("ids", () => {
  it("shows a UUID with its prefix and reads it back", () => {
    const uuid = newUuid();
    const shown = formatId("endpoint", uuid);
    expect(shown).toMatch(/^whe_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
    expect(parseId("endpoint", shown)).toBe(uuid);
  });

  it("is Crockford base32 of the whole number, most significant first", () => {
    expect(formatId("event", "00000000-0000-0000-0000-00000000001f")).toBe("evt_0000000000000000000000000z");
    expect(formatId("event", "ffffffff-ffff-ffff-ffff-ffffffffffff")).toBe("evt_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    expect(parseId("event", "evt_7zzzzzzzzzzzzzzzzzzzzzzzzz")).toBe("ffffffff-ffff-ffff-ffff-ffffffffffff");
    for (let i = 0; i < 1000; i++) {
      const uuid = newUuid();
      expect(parseId("delivery", formatId("delivery", uuid))).toBe(uuid);
    }
  });

  it("refuses an id of another kind and text that is no id", () => {
    const shown = formatId("endpoint", newUuid());
    for (const text of [
      "",
      "whe_",
      shown.replace("whe_", "evt_"),
      `${shown}0`,
      shown.slice(0, -1),
      "whe_zzzzzzzzzzzzzzzzzzzzzzzzzz",
    ]) {
      expect(parseId("endpoint", text)).toBeUndefined();
    }
  });

  it("orders ids by time, so that a day is a range of ids", () => {
    const uuid = newUuid();
    const time = uuidTime(uuid);
    expect(Math.abs(Date.now() - time)).toBeLessThan(1000);
    expect(uuidAt(time) < uuid).toBe(true);
    expect(uuid < uuidAt(time + 1)).toBe(true);
  });
});
