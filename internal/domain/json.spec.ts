import { describe, expect, it } from "@jest/globals";
import { checkJson } from "./json.ts";

const check = (text: string) => checkJson(Buffer.from(text));

describe("checkJson", () => {
  it.each([
    "null",
    " true\n",
    "-0.5e+10",
    "12345678901234567890",
    '"\\u00e9\\n\\\\ ü 🦭"',
    "[]",
    "{}",
    '[1,[2,{"a":[]}],"x"]',
    '{ "a" : { "b" : [ ] , "a" : 1e400 } , "a" : "again" }',
    "[".repeat(32) + "]".repeat(32),
    '{"a":'.repeat(32) + "0" + "}".repeat(32),
  ])("takes %s", (text) => {
    expect(check(text)).toBeUndefined();
  });

  it.each([
    ["", "the text ends early, expected a value", 0],
    ["  ", "the text ends early, expected a value", 2],
    ["tru", "the text ends early, expected true", 3],
    ["nil", "expected null", 1],
    ["01", "a number does not start with 0", 1],
    ["1.", "the text ends early, expected a digit", 2],
    ["+1", "expected a value", 0],
    ["NaN", "expected a value", 0],
    ["'a'", "expected a value", 0],
    ['"a', "the text ends early, expected the closing quote", 2],
    ['"\\x"', "unknown escape in a string", 2],
    ['"\\u12g4"', "expected four hex digits after \\u", 5],
    ['"a\u0000b"', "control character in a string, write it as an escape", 2],
    ['"a\nb"', "control character in a string, write it as an escape", 2],
    ["[1,]", "expected a value", 3],
    ["[1}", 'expected "," or "]"', 2],
    ["[1 2]", 'expected "," or "]"', 3],
    ['{"a":1,}', "expected a key in quotes", 7],
    ["{a:1}", "expected a key in quotes", 1],
    ['{"a" 1}', 'expected ":"', 5],
    ['{"a":1]', 'expected "," or "}"', 6],
    ["1 2", "expected the end of the text", 2],
    ["\ufeff1", "expected a value", 0],
    ["[".repeat(33) + "]".repeat(33), "more than 32 levels deep", 32],
  ])("refuses %j: %s", (text, reason, position) => {
    expect(check(text)).toBe(`${reason} at byte ${position}`);
  });

  it("refuses depth 5,000 and 5,000,000 without using the call stack", () => {
    expect(check("[".repeat(5_000))).toBe("more than 32 levels deep at byte 32");
    expect(check('{"a":'.repeat(1_000_000))).toBe("more than 32 levels deep at byte 160");
  });

  it("names the first byte of invalid UTF-8, also after a real replacement character", () => {
    expect(checkJson(Buffer.from([0x22, 0xff, 0x22]))).toBe("invalid UTF-8 at byte 1");
    const text = Buffer.concat([Buffer.from('"ü\ufffd'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"')]);
    expect(checkJson(text)).toBe("invalid UTF-8 at byte 6");
    expect(checkJson(Buffer.from([0x22, 0xe2, 0x82]))).toBe("invalid UTF-8 at byte 1");
  });

  it("agrees with JSON.parse on texts with one byte changed", () => {
    const text = '{"a":[1,-2.5e3,true,null,"x\\n\\u0041"],"b":{"c":{}},"d":"é"}';
    const alphabet = ' {}[],:"\\0.-+eEtfn\u0001aü';
    for (let at = 0; at < text.length; at++) {
      for (const char of alphabet) {
        const changed = text.slice(0, at) + char + text.slice(at + 1);
        let parses = true;
        try {
          JSON.parse(changed);
        } catch {
          parses = false;
        }
        expect([changed, check(changed) === undefined]).toEqual([changed, parses]);
      }
    }
  });
});
