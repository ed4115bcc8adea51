import { describe, expect, it } from "@jest/globals";
import { hasKeyPrefix, isWellFormed, newKey } from "./key-format.ts";

describe("keys", () => {
  it("say which kind they are, and are one word", () => {
    expect(newKey("company")).toMatch(/^spc_live_[0-9A-Za-z]{49}$/);
    expect(newKey("workspace")).toMatch(/^spw_live_[0-9A-Za-z]{49}$/);
    expect(newKey("company")).not.toBe(newKey("company"));
  });

  it("are well formed as they were made, and not after any change of one character", () => {
    const key = newKey("workspace");
    expect(isWellFormed(key)).toBe(true);
    for (let i = 0; i < key.length; i++) {
      const other = key[i] === "x" ? "y" : "x";
      expect(isWellFormed(key.slice(0, i) + other + key.slice(i + 1))).toBe(false);
    }
    for (const text of ["", key.slice(0, -1), `${key}0`, ` ${key}`, `${key}\n`]) expect(isWellFormed(text)).toBe(false);
  });

  it("are recognised by their beginning, also when they are damaged", () => {
    expect(hasKeyPrefix(newKey("company").slice(0, 12))).toBe(true);
    expect(hasKeyPrefix("some admin key")).toBe(false);
  });
});
