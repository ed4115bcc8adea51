import convict from "convict";
import { checkLine } from "../domain/text.ts";
import * as patterns from "./patterns.ts";
import { makeKey, type Setting } from "./setting.ts";
import {
  isRegionName,
  parseBytes,
  parseCidrs,
  parseDuration,
  parseHexKeys,
  parseNameSuffixes,
  parseNamespaces,
  parseNoProxy,
  parsePort,
  parseRegionNames,
  parseRegions,
  parseSchedule,
  parseWhole,
} from "./values.ts";

/** What the text of a setting must be. */
export interface Format {
  /** As "must be …" goes on. */
  form: string;
  /** What a text stands for; undefined when it has not the form. */
  parse(text: string): unknown;
  /** What every text of the form matches, whole, for the schema of the chart's values; left out where that has none. */
  pattern?: string;
  /** The same for one entry of a list. */
  entry?: string;
  /** Set where text that matches may be refused all the same, because no regular expression can say it. */
  loose?: true;
}

export const formats: Readonly<Record<string, Format>> = {
  whole: { form: "a whole number above 0, such as 8", parse: parseWhole, pattern: patterns.whole },
  duration: {
    form: "a whole number with a unit: 500ms, 30s, 5m, 6h or 30d",
    parse: parseDuration,
    pattern: patterns.duration,
  },
  bytes: {
    form: "a whole number with a unit: 64KiB, 512MiB or 10GiB",
    parse: parseBytes,
    pattern: patterns.bytes,
  },
  schedule: {
    form: "waits in whole seconds, separated by commas, at most 20, the first 0s: 0s,1m,5m,30m,6h",
    parse: parseSchedule,
    pattern: patterns.schedule,
  },
  regions: {
    form: "regions with their NATS addresses: us=nats://nats.us:4222,eu=nats://nats.eu:4222",
    parse: parseRegions,
  },
  "region-name": fitting("the name of a region: us", isRegionName, { pattern: patterns.regionName }),
  "region-names": list("names of regions, separated by commas: us,eu", parseRegionNames, patterns.regionName),
  namespaces: list("names of namespaces, separated by commas: team-a,team-b", parseNamespaces, patterns.namespace),
  cidrs: {
    ...list("blocks of addresses, without bits beyond their prefixes: 10.0.0.0/8,fd00::/8", parseCidrs, patterns.cidr),
    loose: true,
  },
  "no-proxy": {
    ...list(
      "names and blocks of addresses, separated by commas: svc.cluster.local,10.0.0.0/8",
      parseNoProxy,
      patterns.entry,
    ),
    loose: true,
  },
  "name-suffixes": {
    ...list("ends of names, separated by commas: svc.cluster.local,internal", parseNameSuffixes, patterns.entry),
    loose: true,
  },
  line: fitting("a line of 1 to 200 characters", (text) => text.trim() !== "" && checkLine(text, 200) === undefined, {
    pattern: patterns.line,
    loose: true,
  }),
  "proxy-url-or-none": fitting(
    "the address of a proxy, without a path: http://user:password@proxy:3128",
    (text) => text === "" || isProxyUrl(text),
  ),
  "postgres-url": fitting("a Postgres address: postgresql://user:password@host:5432/database", isPostgresUrl),
  "http-url": fitting(
    "an address that starts with https:// or http://",
    (text) => patterns.matches(patterns.httpUrl, text) && URL.canParse(text),
    { pattern: patterns.httpUrl, loose: true },
  ),
  "hex-key-64": fitting(`64 hex digits (32 bytes), made with: ${makeKey}`, (text) => /^[0-9a-f]{64}$/i.test(text)),
  "hex-keys-64": { form: "keys of 64 hex digits, separated by commas", parse: parseHexKeys },
  secret: fitting("at least 16 characters", (text) => text.length >= 16),
  "secret-or-none": fitting("at least 16 characters, or left out", (text) => text === "" || text.length >= 16),
  "name-or-none": fitting("a name without spaces", (text) => patterns.matches(patterns.nameOrNone, text), {
    pattern: patterns.nameOrNone,
  }),
  port: { form: "a port between 1 and 65535, or 0 for any free one", parse: parsePort },
};

/** The format of a setting; undefined for one of words, and for text of any form. */
export function formatOf({ format }: Setting<unknown>): Format | undefined {
  return typeof format === "string" ? formats[format] : undefined;
}

/**
 * Makes them known to convict, which turns text into a value first and judges the value later, all settings together: what
 * cannot be read stays text until then.
 */
export function registerFormats(): void {
  for (const [name, { form, parse }] of Object.entries(formats)) {
    const coerce = (value: unknown) => (typeof value === "string" ? (parse(value) ?? value) : value);
    const validate = (value: unknown) => {
      if (value === null) throw new Error(`is not set; it must be ${form}`);
      if (typeof value === "string" && parse(value) === undefined) throw new Error(`must be ${form}`);
    };
    convict.addFormat({ name, coerce, validate });
  }
}

/** A format whose text stands for itself. */
function fitting(
  form: string,
  fits: (text: string) => boolean,
  pattern: Pick<Format, "pattern" | "loose"> = {},
): Format {
  return { form, parse: (text) => (fits(text) ? text : undefined), ...pattern };
}

function list(form: string, parse: Format["parse"], entry: string): Format {
  return { form, parse, entry };
}

function isPostgresUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return /^postgres(ql)?:$/.test(url?.protocol ?? "") && url?.hostname !== "" && (url?.pathname.length ?? 0) > 1;
}

function isProxyUrl(value: string): boolean {
  const url = /^https?:\/\//i.test(value) && URL.canParse(value) ? new URL(value) : undefined;
  return url?.pathname === "/" && url.search === "" && url.hash === "" && decodes(url.username + url.password);
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
