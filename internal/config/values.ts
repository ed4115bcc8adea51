import { type Cidr, parseCidr } from "../network/cidr.ts";
import { plainName, whyNoName } from "../network/private-names.ts";
import * as patterns from "./patterns.ts";

/** NATS addresses of one or more servers, by region. */
export type Regions = Readonly<Record<string, readonly string[]>>;

/** Where requests go past the proxy. */
export interface NoProxy {
  /** Plain names, with all that end in them. */
  readonly names: readonly string[];
  readonly cidrs: readonly Cidr[];
}

const maxAttempts = 20;

/** All of these answer undefined for text that has not their form. */
export function parseWhole(text: string): number | undefined {
  return patterns.matches(patterns.whole, text) ? Number(text) : undefined;
}

/** 0 is one, for any that is free. */
export function parsePort(text: string): number | undefined {
  return /^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

/** `30s` → 30000. */
export function parseDuration(text: string): number | undefined {
  return patterns.matches(patterns.duration, text) ? scaled(text, patterns.milliseconds) : undefined;
}

/** `10GiB` → 10737418240. */
export function parseBytes(text: string): number | undefined {
  return patterns.matches(patterns.bytes, text) ? scaled(text, patterns.byteCounts) : undefined;
}

/** `0s,1m` → [0, 60000]. */
export function parseSchedule(text: string): number[] | undefined {
  const waits = list(text).map(parseDuration);
  const whole = waits.every((wait): wait is number => wait !== undefined && wait % 1000 === 0);
  return whole && waits[0] === 0 && waits.length <= maxAttempts ? waits : undefined;
}

/** `us=nats://a:4222|nats://b:4222,eu=…` → addresses by region. */
export function parseRegions(text: string): Regions | undefined {
  const regions: Record<string, string[]> = {};
  for (const entry of list(text)) {
    const [name = "", addresses = "", ...more] = entry.split("=").map((part) => part.trim());
    const servers = addresses.split("|").map((address) => address.trim());
    const known = Object.hasOwn(regions, name);
    if (more.length > 0 || known || !isRegionName(name) || !servers.every(isNatsUrl)) return undefined;
    regions[name] = servers;
  }
  return regions;
}

/** `us,eu` → ["us", "eu"]; empty text → none. */
export function parseRegionNames(text: string): string[] | undefined {
  const names = list(text);
  return names.every(isRegionName) ? [...new Set(names)] : undefined;
}

/** Whether it may stand in the names of streams. */
export function isRegionName(text: string): boolean {
  return patterns.matches(patterns.regionName, text);
}

/** `svc.cluster.local,.internal` → plain names; empty text → none. */
export function parseNameSuffixes(text: string): string[] | undefined {
  const names = text.trim() === "" ? [] : list(text).map((name) => plainName(name.replace(/^\./, "")));
  return names.every((name) => whyNoName(name) === undefined && /[a-z]/.test(name)) ? [...new Set(names)] : undefined;
}

/** `team-a,team-b` → both; empty text → none. */
export function parseNamespaces(text: string): string[] | undefined {
  const names = list(text);
  return names.every((name) => patterns.matches(patterns.namespace, name)) ? [...new Set(names)] : undefined;
}

/** `<64 hex digits>,<64 hex digits>` → both. */
export function parseHexKeys(text: string): string[] | undefined {
  const keys = list(text);
  return keys.every((key) => /^[0-9a-f]{64}$/i.test(key)) ? keys : undefined;
}

/** `10.0.0.0/8,fd00::/8` → both; empty text → none. */
export function parseCidrs(text: string): Cidr[] | undefined {
  const cidrs = text.trim() === "" ? [] : list(text).map(parseCidr);
  return cidrs.every((cidr) => cidr !== undefined) ? cidrs : undefined;
}

/** `svc.cluster.local,10.0.0.0/8` → names and blocks; empty text → none. */
export function parseNoProxy(text: string): NoProxy | undefined {
  const entries = text.trim() === "" ? [] : list(text);
  const cidrs = entries.flatMap((entry) => parseCidr(entry) ?? []);
  // A dot in front means the same to whoever writes it.
  const names = entries.filter((entry) => !parseCidr(entry)).map((entry) => plainName(entry.replace(/^\./, "")));
  return names.every((name) => whyNoName(name) === undefined && /[a-z]/.test(name)) ? { names, cidrs } : undefined;
}

/** 90000 → `90s`: the largest unit that divides it. */
export function formatDuration(duration: number): string {
  return unscaled(duration, patterns.milliseconds);
}

export function formatBytes(size: number): string {
  return unscaled(size, patterns.byteCounts);
}

function scaled(text: string, units: Record<string, number>): number | undefined {
  const scale = units[text.replace(/^[0-9]+/, "")];
  return scale === undefined ? undefined : Number.parseInt(text, 10) * scale;
}

function unscaled(value: number, units: Record<string, number>): string {
  const [unit, scale] = Object.entries(units).findLast(([, size]) => value >= size && value % size === 0) ?? [];
  return unit === undefined || scale === undefined ? `0${"s" in units ? "s" : "B"}` : `${value / scale}${unit}`;
}

function list(text: string): string[] {
  return text.split(",").map((part) => part.replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
}

function isNatsUrl(text: string): boolean {
  return URL.canParse(text) && /^(nats|tls):$/.test(new URL(text).protocol);
}
