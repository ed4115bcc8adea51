import { describe, expect, it } from "@jest/globals";
import { booleanArray, bytesArray, numberArray, textArray, timeArray, uuidArray } from "./arrays.ts";

describe("array parameters", () => {
  it("are Postgres array literals, with NULL for what is absent", () => {
    expect(uuidArray(["01a20ada-2c00-7000-8000-000000000001", null])).toBe(
      "{01a20ada-2c00-7000-8000-000000000001,NULL}",
    );
    expect(numberArray([1, null, 2.5])).toBe("{1,NULL,2.5}");
    expect(booleanArray([true, false])).toBe("{true,false}");
    expect(timeArray([new Date(1_700_000_000_123), null])).toBe("{1700000000123,NULL}");
    expect(uuidArray([])).toBe("{}");
  });

  it("quote texts, so that none is read as anything else", () => {
    expect(textArray(["plain", "", null, "NULL", 'a "b" \\ {c,d}'])).toBe(
      String.raw`{"plain","",NULL,"NULL","a \"b\" \\ {c,d}"}`,
    );
  });

  it("hold U+FFFD where a text has a NUL, which Postgres refuses", () => {
    expect(textArray(["a\0b"])).toBe('{"a\ufffdb"}');
  });

  it("of bytes are in the binary format: header, then length and bytes of each, -1 for NULL", () => {
    const bytes = (...int32s: number[]) => {
      const buffer = Buffer.alloc(4 * int32s.length);
      int32s.forEach((value, i) => buffer.writeInt32BE(value, 4 * i));
      return buffer;
    };
    expect(bytesArray([Buffer.from("ab"), null, Buffer.alloc(0)])).toEqual(
      Buffer.concat([bytes(1, 1, 17, 3, 1), bytes(2), Buffer.from("ab"), bytes(-1), bytes(0)]),
    );
    expect(bytesArray([])).toEqual(bytes(0, 1, 17));
  });
});
