import type { Uuid } from "../domain/ids.ts";

/** What a stream's name says. */
export type QueueName =
  | { kind: "deliveries" | "lanes" | "dead"; region: string }
  | { kind: "retries"; region: string; seconds: number };

const prefixes = new Map<string, string>();

/** Reads a stream's name. @throws Error when it is not one of ours. */
export function parseQueue(queue: string): QueueName {
  const retries = /^RETRIES_(.+)_(\d+)$/.exec(queue);
  if (retries) return { kind: "retries", region: retries[1] as string, seconds: Number(retries[2]) };
  const other = /^(DELIVERIES|LANES|DEAD)_(.+)$/.exec(queue);
  if (!other) throw new Error(`${queue} is not the name of a stream of Sealpost`);
  return { kind: (other[1] as string).toLowerCase() as "deliveries", region: other[2] as string };
}

/** Where a stream's subjects begin: `retries.us.60.`; an endpoint's id follows. */
export function subjectPrefix(queue: string): string {
  let prefix = prefixes.get(queue);
  if (prefix === undefined) {
    const name = parseQueue(queue);
    prefix = `${name.kind}.${name.region}.${name.kind === "retries" ? `${name.seconds}.` : ""}`;
    prefixes.set(queue, prefix);
  }
  return prefix;
}

/** The subject of one endpoint in a stream: bounds and lanes are per endpoint. */
export function subjectOf(queue: string, endpointId: Uuid): string {
  return subjectPrefix(queue) + endpointId;
}

/** @throws Error when the name cannot stand in a subject and in a stream's name. */
export function checkRegionName(region: string): void {
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(region)) {
    throw new Error(`region name "${region}" is not allowed: use 1 to 32 letters, digits, hyphens and underscores`);
  }
}
