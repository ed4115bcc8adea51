import convict from "convict";
import { checkLine } from "../domain/text.ts";
import { makeKey } from "./setting.ts";
import {
  isRegionName,
  parseBytes,
  parseCidrs,
  parseDuration,
  parseHexKeys,
  parseNameSuffixes,
  parseNamespaces,
  parseNoProxy,
  parseRegionNames,
  parseRegions,
  parseSchedule,
  parseWhole,
} from "./values.ts";

/**
 * Registers the formats of settings.ts. convict turns text into a value first and judges the value later, all
 * settings together: what cannot be read stays text until then.
 */
export function registerFormats(): void {
  read("whole", "a whole number above 0, such as 8", (value) => parseWhole(value) || undefined);
  read("duration", "a whole number with a unit: 500ms, 30s, 5m, 6h or 30d", parseDuration);
  read("bytes", "a whole number with a unit: 64KiB, 512MiB or 10GiB", parseBytes);
  read(
    "schedule",
    "waits in whole seconds, separated by commas, at most 20, the first 0s: 0s,1m,5m,30m,6h",
    parseSchedule,
  );
  read("regions", "regions with their NATS addresses: us=nats://nats.us:4222,eu=nats://nats.eu:4222", parseRegions);
  read("region-names", "names of regions, separated by commas: us,eu", parseRegionNames);
  read("namespaces", "names of namespaces, separated by commas: team-a,team-b", parseNamespaces);
  read("cidrs", "blocks of addresses, without bits beyond their prefixes: 10.0.0.0/8,fd00::/8", parseCidrs);
  read("no-proxy", "names and blocks of addresses, separated by commas: svc.cluster.local,10.0.0.0/8", parseNoProxy);
  read("name-suffixes", "ends of names, separated by commas: svc.cluster.local,internal", parseNameSuffixes);
  text("region-name", "the name of a region: us", isRegionName);
  text("line", "a line of 1 to 200 characters", (value) => value.trim() !== "" && checkLine(value, 200) === undefined);
  text(
    "proxy-url-or-none",
    "the address of a proxy, without a path: http://user:password@proxy:3128",
    (value) => value === "" || isProxyUrl(value),
  );
  text("postgres-url", "a Postgres address: postgresql://user:password@host:5432/database", isPostgresUrl);
  text("http-url", "an address that starts with https:// or http://", isHttpUrl);
  text("hex-key-64", `64 hex digits (32 bytes), made with: ${makeKey}`, (value) => /^[0-9a-f]{64}$/i.test(value));
  read("hex-keys-64", "keys of 64 hex digits, separated by commas", parseHexKeys);
  text("secret", "at least 16 characters", (value) => value.length >= 16);
  text("secret-or-none", "at least 16 characters, or left out", (value) => value === "" || value.length >= 16);
  text("name-or-none", "a name without spaces", (value) => /^\S{0,253}$/.test(value));
  convict.addFormat({ name: "port", validate: isPort, coerce: (value) => parseWhole(value) ?? value });
}

/** A format whose text stands for something else: the value is right when it could be read. */
function read(name: string, form: string, parse: (text: string) => unknown): void {
  const coerce = (value: unknown) => (typeof value === "string" ? (parse(value) ?? value) : value);
  const validate = (value: unknown) => {
    if (value === null) throw missing(form);
    if (typeof value === "string") throw new Error(`must be ${form}`);
  };
  convict.addFormat({ name, coerce, validate });
}

function text(name: string, form: string, fits: (value: string) => boolean): void {
  const validate = (value: unknown) => {
    if (value === null) throw missing(form);
    if (typeof value !== "string" || !fits(value)) throw new Error(`must be ${form}`);
  };
  convict.addFormat({ name, validate });
}

const missing = (form: string) => new Error(`is not set; it must be ${form}`);

function isPort(value: unknown): void {
  if (typeof value === "number" && value <= 65_535) return;
  throw new Error("must be a port between 1 and 65535, or 0 for any free one");
}

function isPostgresUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return /^postgres(ql)?:$/.test(url?.protocol ?? "") && url?.hostname !== "" && (url?.pathname.length ?? 0) > 1;
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
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
