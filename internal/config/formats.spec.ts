import { describe, expect, it } from "@jest/globals";
import { formats } from "./formats.ts";
import { durationFrom, matches, wholeUpTo } from "./patterns.ts";
import { parseDuration, parseWhole } from "./values.ts";

/** Every text of at most so many of these pieces. */
function* texts(pieces: string[], length: number): Generator<string> {
  yield "";
  if (length === 0) return;
  for (const piece of pieces) for (const rest of texts(pieces, length - 1)) yield piece + rest;
}

/** Pieces of which right and wrong texts of a format are made, and more texts that are long. */
const made: Record<string, { pieces: string[]; length: number; more: string[] }> = {
  whole: {
    pieces: ["0", "1", "9", "-", "+", ".", "e", " ", "x", "\n"],
    length: 4,
    more: ["9".repeat(15), "9".repeat(16), `000${"9".repeat(15)}`, "1_000", "１"],
  },
  duration: {
    pieces: ["0", "1", "9", "ms", "s", "m", "h", "d", "w", " ", ".", "-", "S", "\n"],
    length: 3,
    more: [`${"9".repeat(12)}s`, `${"9".repeat(13)}s`, "0000000000000001s"],
  },
  bytes: {
    pieces: ["0", "1", "9", "B", "KiB", "MiB", "GiB", "TiB", "k", "i", "GB", " ", "."],
    length: 3,
    more: [`${"9".repeat(12)}B`, `${"9".repeat(13)}B`, "10Gi", "10G"],
  },
  schedule: {
    pieces: ["0", "1", "000", "ms", "s", ",", " "],
    length: 5,
    more: [
      "0s,1m,5m,30m,6h",
      " 0s , 1m\n",
      `0s${",1s".repeat(19)}`,
      `0s${",1s".repeat(20)}`,
      "0s,1000ms,1500ms",
      "0d,00ms,000ms",
      "0s,\u00a01m",
    ],
  },
  "region-name": {
    pieces: ["a", "z", "0", "9", "-", "_", "A", ".", " ", "ü"],
    length: 4,
    more: ["a".repeat(32), "a".repeat(33)],
  },
  "region-names": { pieces: ["a", "0", "-", "A", ".", "/"], length: 4, more: ["a".repeat(32), "a".repeat(33)] },
  namespaces: { pieces: ["a", "0", "-", "A", ".", "/"], length: 4, more: ["a".repeat(63), "a".repeat(64)] },
  cidrs: {
    pieces: ["10", "0", "255", ".", "/", "8", "fd00", "::", ":", "g"],
    length: 4,
    more: ["10.0.0.0/8", "10.1.2.3", "10.1.2.3/8", "FD00::/8", "::ffff:10.0.0.0/104", "2001:db8::/32", "10.0.0.0/33"],
  },
  "no-proxy": { pieces: ["a", "10.0.0.0", "/8", ".", "-", " ", "*"], length: 4, more: ["svc.cluster.local"] },
  "name-suffixes": { pieces: ["a", "1", ".", "-", " ", "*"], length: 4, more: ["svc.cluster.local"] },
  line: { pieces: ["a", " ", "ü", "\n", "\t", "\u202e"], length: 4, more: ["a".repeat(200), "a".repeat(201)] },
  "http-url": {
    pieces: ["http", "HTTPS", ":", "//", "/", "host", "[", "]", " ", "\n"],
    length: 4,
    more: ["https://sealpost.example.com:50051", "http://[::1]:3000/path?q", "ftp://host", "https://host:99999"],
  },
  "name-or-none": {
    pieces: ["a", " ", "ü", "\n", "\t", ".", "/"],
    length: 4,
    more: ["a".repeat(253), "a".repeat(254)],
  },
};

describe("the pattern of a format", () => {
  it.each(Object.entries(formats).filter(([, { pattern, entry }]) => pattern ?? entry))(
    "agrees with its parser about every text: %s",
    (name, { pattern, entry, parse, loose }) => {
      const { pieces, length, more } = made[name] ?? { pieces: [], length: 0, more: [] };
      const seen = { taken: 0, refused: 0 };
      const wrong: string[] = [];
      for (const text of [...texts(pieces, length), ...more]) {
        // A list may be empty, and its entries may not.
        if (entry !== undefined && text.trim() === "") continue;
        const [fits, taken] = [matches(pattern ?? entry ?? "", text), parse(text) !== undefined];
        if (taken ? !fits : fits && !loose) wrong.push(text);
        seen[taken ? "taken" : "refused"]++;
      }
      expect(wrong).toEqual([]);
      expect(seen.taken).toBeGreaterThan(2);
      expect(seen.refused).toBeGreaterThan(2);
    },
  );

  it("of durations from a least one on takes these and no shorter ones", () => {
    for (const min of [1, 999, 3000, 11_000, 60_001, 5_400_000]) {
      const pattern = durationFrom(min);
      const numbers = [
        min - 1,
        min,
        min + 1,
        0,
        9,
        10,
        11,
        12,
        59,
        60,
        61,
        90,
        99,
        100,
        2999,
        3001,
        10_999,
        99_999,
        1e11,
      ];
      for (const text of numbers.flatMap((number) => ["ms", "s", "m", "h", "d"].map((unit) => `${number}${unit}`))) {
        expect([min, text, matches(pattern, text)]).toEqual([min, text, (parseDuration(text) ?? 0) >= min]);
      }
    }
  });

  it("of whole numbers up to a most one takes these and no larger ones", () => {
    for (const text of texts(["0", "1", "5", "6", "-", "s"], 3)) {
      const number = parseWhole(text);
      expect([text, matches(wholeUpTo(5), text)]).toEqual([text, number !== undefined && number <= 5]);
    }
  });
});
