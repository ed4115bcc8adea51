import { type Format, formatOf } from "../config/formats.ts";
import { durationFrom, wholeUpTo } from "../config/patterns.ts";
import type { Setting } from "../config/setting.ts";

/** Keywords of JSON Schema. */
export interface Schema {
  enum?: readonly unknown[];
  [keyword: string]: unknown;
}

/** Words that YAML reads as booleans where they stand without quotes. */
const booleans: Record<string, boolean> = { true: true, on: true, false: false, off: false };

/**
 * JSON Schema of a value that becomes this setting: what the program's parser accepts, text and numbers of YAML alike, and
 * nothing else as far as a regular expression can say it. Empty text counts as not set.
 */
export function valueForm(setting: Setting<unknown>): Schema {
  if (typeof setting.format !== "string") return { enum: wordsOf(setting.format) };
  const pattern = patternOf(setting);
  const text = pattern === undefined ? {} : { pattern: `^(${pattern})?$` };
  // What 15 digits can say is exact in the floats that Helm reads numbers as.
  if (setting.format === "whole")
    return { type: ["string", "integer"], ...text, minimum: 1, maximum: setting.max ?? 999_999_999_999_999 };
  return { type: "string", ...text };
}

/** The same for a value that is a list of a setting's entries. */
export function listForm(setting: Setting<unknown>): Schema {
  const { entry = "" } = knownFormat(setting);
  return { type: "array", items: { type: "string", pattern: `^(${entry})$` } };
}

function patternOf(setting: Setting<unknown>): string | undefined {
  const { min, max, format } = setting;
  if (format === "duration" && min !== undefined) return durationFrom(min);
  if (format === "whole" && max !== undefined) return wholeUpTo(max);
  return format === "String" ? undefined : knownFormat(setting).pattern;
}

/** @throws Error that names the format of which nothing is known */
function knownFormat(setting: Setting<unknown>): Format {
  const known = formatOf(setting);
  if (known === undefined) throw new Error(`no format is called ${String(setting.format)}`);
  return known;
}

function wordsOf(words: readonly string[]): unknown[] {
  return [...words, ...words.flatMap((word) => booleans[word] ?? [])];
}
