import { isIP } from "node:net";
import type { Allowance } from "../network/allowance.ts";
import { EgressFailure } from "./egress-failure.ts";

/** Where a URL leads, in the parts that a request needs. */
export interface Target {
  /** Scheme, host and port. */
  origin: string;
  secure: boolean;
  /** Host as it stands in the URL, without brackets. */
  host: string;
  /** Whether the host is an address and needs no look-up. */
  isAddress: boolean;
  port: number;
  /** Path and query. */
  path: string;
}

/** Parsing takes 2 µs, and a process sends to the same URLs again and again. */
const kept = new Map<string, Target>();
const maxKept = 10_000;

/**
 * Reads an http or https URL; its fragment and credentials are never sent.
 * @throws {EgressFailure} INTERNAL: such a URL should not have been stored.
 */
export function targetOf(url: string): Target {
  const known = kept.get(url);
  if (known) return known;
  const parsed = URL.parse(url);
  if (!parsed || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) {
    throw new EgressFailure("INTERNAL", "the endpoint's URL is not an http or https URL: update it");
  }
  const secure = parsed.protocol === "https:";
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  const target: Target = {
    origin: parsed.origin,
    secure,
    host,
    isAddress: isIP(host) !== 0,
    port: parsed.port === "" ? (secure ? 443 : 80) : Number(parsed.port),
    path: parsed.pathname + parsed.search,
  };
  if (kept.size >= maxKept) kept.clear();
  kept.set(url, target);
  return target;
}

/** What requests must have in common to share connections: nobody uses one that another's allowance opened. */
export function poolKey({ origin }: Target, { key }: Allowance): string {
  return key === "" ? origin : `${origin} ${key}`;
}

/** An address with its port as people write it. */
export function showAddress(address: string, port: number): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
